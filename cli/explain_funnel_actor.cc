// `donut explain-funnel-actor`: why a funnel counts a user as it does, from ExplainFunnelActor.

#include "cli/render/explain_funnel_actor.h"

#include <memory>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "cli/command.h"
#include "cli/funnel_request.h"
#include "cli/metric_options.h"
#include "cli/query_call.h"

namespace donut::cli {
namespace {

constexpr char kExplainFunnelActorExamples[] =
    "  donut explain-funnel-actor visit signup purchase --user ada\n"
    "  donut explain-funnel-actor start clean done --actor run --user ada --session run-17";

struct ExplainFunnelActorOptions {
  ExplainArguments arguments;
  AnswerFormat format;
};

int ExplainFunnelActor(const GlobalOptions& global, const ExplainFunnelActorOptions& options) {
  const auto request = ToExplainRequest(options.arguments, absl::Now());
  if (!request.ok()) return WrongUsage(request.status());
  return AskAndShow<v1::ExplainFunnelActorRequest, v1::ExplainFunnelActorResponse>(
      global, options.format, request, &v1::QueryService::Stub::ExplainFunnelActor,
      {[&](const auto& answer, const PageOptions& page) {
         return ExplainFunnelActorText(*request, answer, page);
       },
       [&](const auto& answer) { return ExplainFunnelActorCsv(*request, answer); }});
}

}  // namespace

void AddExplainFunnelActor(CLI::App& app, Command& command) {
  CLI::App* subcommand =
      app.add_subcommand("explain-funnel-actor", "Why a funnel counts a user as it does, event by event");
  auto options = std::make_shared<ExplainFunnelActorOptions>();
  ExplainArguments& arguments = options->arguments;
  AddStepOptions(*subcommand, arguments.funnel);
  subcommand->add_option("--user", arguments.user, "Whose events")->required()->type_name("ID");
  subcommand->add_option("--session", arguments.session, "With --actor run: the session or pipeline run")
      ->type_name("ID");
  subcommand
      ->add_option("--session-key", arguments.session_key,
                   "With --actor run: any session, by its key in funnel-actors")
      ->type_name("KEY");
  AddFunnelOptions(*subcommand, arguments.funnel);
  AddScopeOptions(*subcommand, arguments.funnel.scope);
  AddFormatOptions(*subcommand, options->format);
  SetFooter(*subcommand, {kStepHelp, kFilterHelp}, kExplainFunnelActorExamples);
  subcommand->callback([&command, options] {
    command.run = [&command, options] { return ExplainFunnelActor(command.options, *options); };
  });
}

}  // namespace donut::cli
