// `donut retention`: who comes back, by cohorts, from GetRetention.

#include "cli/render/retention.h"

#include <memory>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "cli/command.h"
#include "cli/metric_options.h"
#include "cli/option_words.h"
#include "cli/query_call.h"
#include "cli/retention_request.h"

namespace donut::cli {
namespace {

constexpr char kRetentionExamples[] =
    "  donut retention --start 2024-01-01 --end 2024-01-31\n"
    "  donut retention --start-event signup --return-event purchase --period week --offsets 1-8\n"
    "  donut retention --brackets 1-3,4-7,8-14 --breakdown user.country\n"
    "  donut retention --kind recurring --mode on-or-after --value price --csv > cells.csv";

struct RetentionOptions {
  RetentionArguments arguments;
  AnswerFormat format;
  std::string csv_of;
};

int Retention(const GlobalOptions& global, const RetentionOptions& options) {
  const auto rows = ValueOfWord<RetentionRows>(
      "--csv-of", options.csv_of, {{"cells", RetentionRows::kCells}, {"pooled", RetentionRows::kPooled}},
      RetentionRows::kCells);
  if (!rows.ok()) return WrongUsage(rows.status());
  return AskAndShow<v1::GetRetentionRequest, v1::GetRetentionResponse>(
      global, options.format, ToRetentionRequest(options.arguments, absl::Now()),
      &v1::QueryService::Stub::GetRetention, {RetentionText, [&](const v1::GetRetentionResponse& response) {
                                                return RetentionCsv(response, *rows);
                                              }});
}

}  // namespace

void AddRetention(CLI::App& app, Command& command) {
  CLI::App* subcommand =
      app.add_subcommand("retention", "Who comes back, by cohorts of a day, week or month");
  auto options = std::make_shared<RetentionOptions>();
  RetentionArguments& arguments = options->arguments;
  AddRetentionOptions(*subcommand, arguments);
  subcommand
      ->add_option("--value", arguments.value,
                   "Sums of this numeric property of the return events, and per user")
      ->type_name("KEY");
  AddBreakdownOptions(*subcommand, arguments.breakdown, arguments.breakdown_limit);
  AddScopeOptions(*subcommand, arguments.scope);
  AddFormatOptions(*subcommand, options->format);
  subcommand->add_option("--csv-of", options->csv_of, "cells or pooled. Default: cells")->type_name("ROWS");
  SetFooter(*subcommand, {kFilterHelp}, kRetentionExamples);
  subcommand->callback([&command, options] {
    command.run = [&command, options] { return Retention(command.options, *options); };
  });
}

}  // namespace donut::cli
