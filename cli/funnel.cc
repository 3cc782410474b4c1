// `donut funnel`: how many got how far, from GetFunnel.

#include "cli/render/funnel.h"

#include <memory>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "cli/command.h"
#include "cli/funnel_request.h"
#include "cli/metric_options.h"
#include "cli/query_call.h"

namespace donut::cli {
namespace {

constexpr char kFunnelExamples[] =
    "  donut funnel visit signup purchase --window 7d\n"
    "  donut funnel 'home|search' product_view 'purchase[price > 10]' --breakdown platform\n"
    "  donut funnel signup purchase --exclude refund@1-2 --hold-constant session_id --histogram 12\n"
    "  donut funnel signup purchase --by week --csv > weeks.csv";

struct FunnelOptions {
  FunnelArguments arguments;
  AnswerFormat format;
  std::string csv_of;
};

int Funnel(const GlobalOptions& global, const FunnelOptions& options) {
  const auto rows = ParseFunnelRows(options.csv_of, options.arguments);
  if (!rows.ok()) return WrongUsage(rows.status());
  return AskAndShow<v1::GetFunnelRequest, v1::GetFunnelResponse>(
      global, options.format, ToFunnelRequest(options.arguments, absl::Now()),
      &v1::QueryService::Stub::GetFunnel,
      {FunnelText, [&](const v1::GetFunnelResponse& response) { return FunnelCsv(response, *rows); }});
}

}  // namespace

void AddFunnel(CLI::App& app, Command& command) {
  CLI::App* subcommand =
      app.add_subcommand("funnel", "How many users got how far through a series of events");
  auto options = std::make_shared<FunnelOptions>();
  AddStepOptions(*subcommand, options->arguments);
  AddFunnelOptions(*subcommand, options->arguments);
  AddFunnelViewOptions(*subcommand, options->arguments);
  AddSeriesStepsOption(*subcommand, options->arguments);
  AddScopeOptions(*subcommand, options->arguments.scope);
  AddFormatOptions(*subcommand, options->format);
  AddCsvOfOption(*subcommand, options->csv_of);
  SetFooter(*subcommand, {kStepHelp, kFilterHelp}, kFunnelExamples);
  subcommand->callback([&command, options] {
    command.run = [&command, options] { return Funnel(command.options, *options); };
  });
}

}  // namespace donut::cli
