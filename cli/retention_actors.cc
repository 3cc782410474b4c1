// `donut retention-actors`: the users behind a cell of retention, from ListRetentionActors.

#include "cli/render/retention_actors.h"

#include <memory>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "cli/command.h"
#include "cli/metric_options.h"
#include "cli/query_call.h"
#include "cli/retention_request.h"

namespace donut::cli {
namespace {

constexpr char kRetentionActorsExamples[] =
    "  donut retention-actors --cohort-date 2024-01-10 --offset 7\n"
    "  donut retention-actors --start 2024-01-01 --end 2024-01-31 --cohort 2024-01-10 --offset 1 \\\n"
    "    --who not-retained --limit 1000 --csv > lost.csv";

struct RetentionActorsOptions {
  RetentionActorsArguments arguments;
  AnswerFormat format;
  int limit = 50;
};

int RetentionActors(const GlobalOptions& global, const RetentionActorsOptions& options) {
  const auto request = ToRetentionActorsRequest(options.arguments, absl::Now());
  if (!request.ok()) return WrongUsage(request.status());
  v1::ListRetentionActorsResponse response;
  const int code =
      QueryCall(global).AskForPages(&v1::QueryService::Stub::ListRetentionActors, *request, options.limit,
                                    &v1::ListRetentionActorsResponse::mutable_actors, response);
  if (code != kExitDone) return code;
  return Show<v1::ListRetentionActorsResponse>(options.format, response,
                                               {[&](const auto& answer, const PageOptions& page) {
                                                  return RetentionActorsText(*request, answer, page);
                                                },
                                                RetentionActorsCsv});
}

}  // namespace

void AddRetentionActors(CLI::App& app, Command& command) {
  CLI::App* subcommand =
      app.add_subcommand("retention-actors", "The users behind a cell of donut retention, or those it lacks");
  auto options = std::make_shared<RetentionActorsOptions>();
  RetentionActorsArguments& arguments = options->arguments;
  subcommand
      ->add_option(
          "--cohort", arguments.cohort,
          "The cohort as donut retention calls it, such as 2024-01-10;\nnot needed where there is one")
      ->type_name("LABEL");
  subcommand
      ->add_option("--offset", arguments.offset, "Which period after; with --brackets the first of a bracket")
      ->type_name("N")
      ->check(CLI::Range(0, 1'000).description(""));
  subcommand->add_option("--who", arguments.who, "retained, not-retained or all. Default: retained")
      ->type_name("WHO");
  AddRetentionOptions(*subcommand, arguments.retention);
  AddScopeOptions(*subcommand, arguments.retention.scope);
  AddFormatOptions(*subcommand, options->format);
  AddLimitOption(*subcommand, options->limit, "users");
  SetFooter(*subcommand, {kFilterHelp}, kRetentionActorsExamples);
  subcommand->callback([&command, options] {
    command.run = [&command, options] { return RetentionActors(command.options, *options); };
  });
}

}  // namespace donut::cli
