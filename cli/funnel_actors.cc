// `donut funnel-actors`: who reached a step of a funnel, or dropped before it, from ListFunnelActors; of all,
// or of a row of its breakdown.

#include "cli/render/funnel_actors.h"

#include <memory>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "cli/command.h"
#include "cli/funnel_request.h"
#include "cli/metric_options.h"
#include "cli/query_call.h"

namespace donut::cli {
namespace {

constexpr char kFunnelActorsExamples[] =
    "  donut funnel-actors visit signup purchase --reached 3\n"
    "  donut funnel-actors visit signup purchase --dropped-before 3 --limit 1000 --csv > lost.csv\n"
    "  donut funnel-actors visit signup purchase --breakdown platform --attribution first-touch \\\n"
    "    --value ios --reached 3";

struct FunnelActorsOptions {
  FunnelActorsArguments arguments;
  AnswerFormat format;
  int limit = 50;
};

int FunnelActors(const GlobalOptions& global, const FunnelActorsOptions& options) {
  const auto request = ToFunnelActorsRequest(options.arguments, absl::Now());
  if (!request.ok()) return WrongUsage(request.status());
  v1::ListFunnelActorsResponse response;
  const int code =
      QueryCall(global).AskForPages(&v1::QueryService::Stub::ListFunnelActors, *request, options.limit,
                                    &v1::ListFunnelActorsResponse::mutable_actors, response);
  if (code != kExitDone) return code;
  return Show<v1::ListFunnelActorsResponse>(
      options.format, response,
      {[&](const auto& answer, const PageOptions& page) { return FunnelActorsText(*request, answer, page); },
       [&](const auto& answer) { return FunnelActorsCsv(*request, answer); }});
}

}  // namespace

void AddFunnelActors(CLI::App& app, Command& command) {
  CLI::App* subcommand =
      app.add_subcommand("funnel-actors", "Who reached a step of a funnel, or dropped before it");
  auto options = std::make_shared<FunnelActorsOptions>();
  FunnelActorsArguments& arguments = options->arguments;
  AddStepOptions(*subcommand, arguments.funnel);
  CLI::Option* const reached =
      subcommand->add_option("--reached", arguments.reached, "Those that reached step N, or a later one");
  reached->type_name("N")->check(CLI::Range(1, 20).description(""));
  subcommand
      ->add_option("--dropped-before", arguments.dropped_before, "Those that reached step N-1, and not N")
      ->type_name("N")
      ->check(CLI::Range(2, 20).description(""))
      ->excludes(reached);
  CLI::Option* const value = subcommand->add_option(
      "--value", arguments.value, "With --breakdown: only the row of this value, as donut funnel has it");
  value->type_name("TEXT");
  subcommand
      ->add_option("--row", arguments.row,
                   "With --breakdown: only the row none (no value), other (beyond the\n--breakdown-limit) or "
                   "not-reached (with --attribution step:N)")
      ->type_name("ROW")
      ->excludes(value);
  AddFunnelOptions(*subcommand, arguments.funnel);
  AddFunnelBreakdownOptions(*subcommand, arguments.funnel);
  AddScopeOptions(*subcommand, arguments.funnel.scope);
  AddFormatOptions(*subcommand, options->format);
  AddLimitOption(*subcommand, options->limit, "actors");
  SetFooter(*subcommand, {kStepHelp, kFilterHelp}, kFunnelActorsExamples);
  subcommand->callback([&command, options] {
    command.run = [&command, options] { return FunnelActors(command.options, *options); };
  });
}

}  // namespace donut::cli
