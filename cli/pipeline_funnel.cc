// `donut pipeline-funnel`: what became of the runs of a pipeline, from GetPipelineFunnel.

#include "cli/render/pipeline_funnel.h"

#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "cli/command.h"
#include "cli/metric_options.h"
#include "cli/query_call.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

constexpr char kPipelineFunnelExamples[] =
    "  donut pipeline-funnel --start 2024-01-01 --end 2024-01-31\n"
    "  donut pipeline-funnel licenses --phase collection --phase cleaning";

struct PipelineFunnelOptions {
  ScopeArguments scope;
  std::string pipeline;
  std::vector<std::string> phases;
  AnswerFormat format;
};

absl::StatusOr<v1::GetPipelineFunnelRequest> ToPipelineFunnelRequest(const PipelineFunnelOptions& options,
                                                                     absl::Time now) {
  v1::GetPipelineFunnelRequest request;
  ASSIGN_OR_RETURN(*request.mutable_scope(), ToScope(options.scope, now));
  request.set_pipeline(options.pipeline);
  for (const std::string& phase : options.phases) request.add_phases(phase);
  return request;
}

int PipelineFunnel(const GlobalOptions& global, const PipelineFunnelOptions& options) {
  return AskAndShow<v1::GetPipelineFunnelRequest, v1::GetPipelineFunnelResponse>(
      global, options.format, ToPipelineFunnelRequest(options, absl::Now()),
      &v1::QueryService::Stub::GetPipelineFunnel, {PipelineFunnelText, PipelineFunnelCsv});
}

}  // namespace

void AddPipelineFunnel(CLI::App& app, Command& command) {
  CLI::App* subcommand = app.add_subcommand("pipeline-funnel", "What became of the runs of a pipeline");
  auto options = std::make_shared<PipelineFunnelOptions>();
  subcommand->add_option("PIPELINE", options->pipeline, "Default: the one with the most runs")->type_name("");
  AddRepeatable(*subcommand, "--phase", options->phases, "NAME",
                "A phase, in their order. May be repeated. Default: all");
  AddPeriodOptions(*subcommand, options->scope);
  AddFormatOptions(*subcommand, options->format);
  SetFooter(*subcommand, {}, kPipelineFunnelExamples);
  subcommand->callback([&command, options] {
    command.run = [&command, options] { return PipelineFunnel(command.options, *options); };
  });
}

}  // namespace donut::cli
