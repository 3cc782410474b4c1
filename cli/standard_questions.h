// What `donut verify` asks of both engines: the questions that a project is asked every day, about its most
// used events. Plain, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/active_users.pb.h"
#include "donut/analytics/v1/conversion_rate.pb.h"
#include "donut/analytics/v1/feature_usage.pb.h"
#include "donut/analytics/v1/funnel.pb.h"
#include "donut/analytics/v1/funnel_actors.pb.h"
#include "donut/analytics/v1/retention.pb.h"
#include "donut/analytics/v1/summary.pb.h"

namespace donut::cli {

// As they are typed; empty is the default.
struct VerifiedDays {
  std::string day = {};  // in place of the next two
  std::string start = {};
  std::string end = {};
  std::string time_zone = {};
  std::string as_of = {};
};

// With an as_of in any case: `now`, so that all questions see the same. INVALID_ARGUMENT names the option.
absl::StatusOr<v1::Scope> ToVerifiedScope(const VerifiedDays& days, absl::Time now);

inline constexpr int kNamesInStandardFunnel = 3;

// Who used what, for MostUsedNames.
v1::GetFeatureUsageRequest QuestionForNames(const v1::Scope& scope);
// Up to kNamesInStandardFunnel, the most used first.
std::vector<std::string> MostUsedNames(const v1::GetFeatureUsageResponse& usage);

struct StandardQuestions {
  v1::GetActiveUsersRequest active_users;
  v1::GetActiveUsersRequest active_sessions;
  v1::GetFeatureUsageRequest feature_usage;
  v1::GetRetentionRequest retention;
  v1::GetRetentionRequest recurring_retention;
  v1::GetSummaryRequest summary;
  // Of the events: none where there are not two of them.
  std::optional<v1::GetFunnelRequest> funnel = {};
  std::optional<v1::GetFunnelRequest> strict_funnel = {};
  std::optional<v1::GetFunnelRequest> unordered_funnel = {};
  std::optional<v1::ListFunnelActorsRequest> funnel_actors = {};
  std::optional<v1::GetConversionRateRequest> conversion_rate = {};
};

StandardQuestions QuestionsAbout(const v1::Scope& scope, const std::vector<std::string>& names);

}  // namespace donut::cli
