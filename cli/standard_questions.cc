#include "cli/standard_questions.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/render/feature_usage.h"
#include "cli/scope_request.h"
#include "common/proto_time.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

// How long a funnel of every day gives its actors.
constexpr absl::Duration kStandardWindow = absl::Hours(7 * 24);
// Enough that names remain when those of pipelines are left out.
constexpr int kUsageAskedForNames = 20;
constexpr int kUsagesCompared = 100;
constexpr int kActorsCompared = 100;

v1::GetFunnelRequest FunnelThrough(const v1::Scope& scope, const std::vector<std::string>& names,
                                   v1::FunnelOrder order) {
  v1::GetFunnelRequest funnel;
  *funnel.mutable_scope() = scope;
  for (const std::string& name : names) funnel.add_steps()->add_event_names(name);
  *funnel.mutable_window() = ToProto(kStandardWindow);
  funnel.set_order(order);
  return funnel;
}

void AskAboutTheWay(const v1::Scope& scope, const std::vector<std::string>& names,
                    StandardQuestions& questions) {
  questions.funnel = FunnelThrough(scope, names, v1::FUNNEL_ORDER_ORDERED);
  questions.strict_funnel = FunnelThrough(scope, names, v1::FUNNEL_ORDER_STRICT);
  questions.unordered_funnel = FunnelThrough(scope, names, v1::FUNNEL_ORDER_UNORDERED);
  v1::ListFunnelActorsRequest& actors = questions.funnel_actors.emplace();
  *actors.mutable_funnel() = *questions.funnel;
  actors.set_reached_step(static_cast<int>(names.size()));
  actors.set_page_size(kActorsCompared);
  v1::GetConversionRateRequest& conversion = questions.conversion_rate.emplace();
  *conversion.mutable_scope() = scope;
  conversion.mutable_from()->add_event_names(names.front());
  conversion.mutable_to()->add_event_names(names.back());
  *conversion.mutable_window() = ToProto(kStandardWindow);
}

}  // namespace

absl::StatusOr<v1::Scope> ToVerifiedScope(const VerifiedDays& days, absl::Time now) {
  if (!days.day.empty() && (!days.start.empty() || !days.end.empty())) {
    return absl::InvalidArgumentError("--day: must not be given with --start or --end");
  }
  ScopeArguments arguments = {
      .start = days.start, .end = days.end, .time_zone = days.time_zone, .as_of = days.as_of};
  if (!days.day.empty()) {
    RETURN_IF_ERROR(ParseDay("--day", days.day).status());
    arguments.start = arguments.end = days.day;
  }
  ASSIGN_OR_RETURN(v1::Scope scope, ToScope(arguments, now));
  // Of the time to come nothing is known yet, in whole microseconds.
  if (!scope.has_as_of_time()) {
    *scope.mutable_as_of_time() = ToProto(absl::FromUnixMicros(absl::ToUnixMicros(now)));
  }
  return scope;
}

v1::GetFeatureUsageRequest QuestionForNames(const v1::Scope& scope) {
  v1::GetFeatureUsageRequest request;
  *request.mutable_scope() = scope;
  request.set_page_size(kUsageAskedForNames);
  return request;
}

std::vector<std::string> MostUsedNames(const v1::GetFeatureUsageResponse& usage) {
  std::vector<std::string> names;
  for (const v1::FeatureUsage& feature : FeaturesShown(usage)) {
    if (names.size() < kNamesInStandardFunnel) names.push_back(feature.feature());
  }
  return names;
}

StandardQuestions QuestionsAbout(const v1::Scope& scope, const std::vector<std::string>& names) {
  StandardQuestions questions;
  *questions.active_users.mutable_scope() = scope;
  questions.active_users.set_compare_to_previous(true);
  *questions.active_sessions.mutable_scope() = scope;
  questions.active_sessions.set_actor(v1::ACTOR_SESSION);
  *questions.feature_usage.mutable_scope() = scope;
  questions.feature_usage.set_page_size(kUsagesCompared);
  *questions.retention.mutable_scope() = scope;
  *questions.recurring_retention.mutable_scope() = scope;
  questions.recurring_retention.set_kind(v1::RETENTION_KIND_RECURRING);
  *questions.summary.mutable_scope() = scope;
  if (names.size() > 1) AskAboutTheWay(scope, names, questions);
  return questions;
}

}  // namespace donut::cli
