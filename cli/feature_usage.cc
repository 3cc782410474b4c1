// `donut feature-usage`: how much each feature is used, from GetFeatureUsage.

#include "cli/render/feature_usage.h"

#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "cli/command.h"
#include "cli/metric_options.h"
#include "cli/metric_words.h"
#include "cli/query_call.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

constexpr char kFeatureUsageExamples[] =
    "  donut feature-usage --start 2024-01-01 --end 2024-01-31\n"
    "  donut feature-usage --property feature --event feature_used --limit 20";

struct FeatureUsageOptions {
  ScopeArguments scope;
  std::string property;
  std::vector<std::string> events;
  std::string actor;
  AnswerFormat format;
  int limit = 50;
};

absl::StatusOr<v1::GetFeatureUsageRequest> ToFeatureUsageRequest(const FeatureUsageOptions& options,
                                                                 absl::Time now) {
  v1::GetFeatureUsageRequest request;
  ASSIGN_OR_RETURN(*request.mutable_scope(), ToScope(options.scope, now));
  request.set_property(options.property);
  for (const std::string& event : options.events) request.add_event_names(event);
  ASSIGN_OR_RETURN(const auto actor, ParseActor(options.actor));
  request.set_actor(actor);
  return request;
}

int FeatureUsage(const GlobalOptions& global, const FeatureUsageOptions& options) {
  const auto request = ToFeatureUsageRequest(options, absl::Now());
  if (!request.ok()) return WrongUsage(request.status());
  v1::GetFeatureUsageResponse response;
  const int code =
      QueryCall(global).AskForPages(&v1::QueryService::Stub::GetFeatureUsage, *request, options.limit,
                                    &v1::GetFeatureUsageResponse::mutable_features, response);
  if (code != kExitDone) return code;
  return Show<v1::GetFeatureUsageResponse>(options.format, response, {FeatureUsageText, FeatureUsageCsv});
}

}  // namespace

void AddFeatureUsage(CLI::App& app, Command& command) {
  CLI::App* subcommand =
      app.add_subcommand("feature-usage", "How much each event, or each value of a property, is used");
  auto options = std::make_shared<FeatureUsageOptions>();
  subcommand
      ->add_option("--property", options->property, "A row per value of this, instead of per event's name")
      ->type_name("KEY");
  AddRepeatable(*subcommand, "--event", options->events, "NAME",
                "Only this event is a use. May be repeated. Default: any event");
  subcommand->add_option("--actor", options->actor, "user, or run: sessions and pipeline runs")
      ->type_name("WHO");
  AddScopeOptions(*subcommand, options->scope);
  AddFormatOptions(*subcommand, options->format);
  AddLimitOption(*subcommand, options->limit, "features");
  SetFooter(*subcommand, {kFilterHelp}, kFeatureUsageExamples);
  subcommand->callback([&command, options] {
    command.run = [&command, options] { return FeatureUsage(command.options, *options); };
  });
}

}  // namespace donut::cli
