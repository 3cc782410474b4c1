// `donut conversion-rate`: the share of those who did one event that then did another, from
// GetConversionRate.

#include "cli/render/conversion_rate.h"

#include <memory>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "cli/command.h"
#include "cli/funnel_request.h"
#include "cli/metric_options.h"
#include "cli/query_call.h"

namespace donut::cli {
namespace {

constexpr char kConversionRateExamples[] =
    "  donut conversion-rate signup purchase --window 7d\n"
    "  donut conversion-rate product_view 'purchase[price > 10]' --by week --breakdown platform\n"
    "  donut conversion-rate signup purchase --histogram 1h,6h,1d,7d";

struct ConversionRateOptions {
  std::string from;
  std::string to;
  FunnelArguments arguments;
  AnswerFormat format;
  std::string csv_of;
};

int ConversionRate(const GlobalOptions& global, const ConversionRateOptions& options) {
  FunnelArguments arguments = options.arguments;
  arguments.steps = {options.from, options.to};
  const auto rows = ParseFunnelRows(options.csv_of, arguments);
  if (!rows.ok()) return WrongUsage(rows.status());
  return AskAndShow<v1::GetConversionRateRequest, v1::GetConversionRateResponse>(
      global, options.format, ToConversionRateRequest(arguments, absl::Now()),
      &v1::QueryService::Stub::GetConversionRate,
      {ConversionRateText,
       [&](const v1::GetConversionRateResponse& response) { return ConversionRateCsv(response, *rows); }});
}

}  // namespace

void AddConversionRate(CLI::App& app, Command& command) {
  CLI::App* subcommand =
      app.add_subcommand("conversion-rate", "The share of those who did one event that then did another");
  subcommand->alias("conversion");
  auto options = std::make_shared<ConversionRateOptions>();
  subcommand->add_option("FROM", options->from, "Written as a funnel's step; see below")
      ->required()
      ->type_name("");
  subcommand->add_option("TO", options->to, "Likewise")->required()->type_name("");
  AddFunnelOptions(*subcommand, options->arguments);
  AddFunnelViewOptions(*subcommand, options->arguments);
  AddScopeOptions(*subcommand, options->arguments.scope);
  AddFormatOptions(*subcommand, options->format);
  AddCsvOfOption(*subcommand, options->csv_of);
  SetFooter(*subcommand, {kStepHelp, kFilterHelp}, kConversionRateExamples);
  subcommand->callback([&command, options] {
    command.run = [&command, options] { return ConversionRate(command.options, *options); };
  });
}

}  // namespace donut::cli
