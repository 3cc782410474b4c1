// A breakdown of a request, checked: the value of which each event or actor is counted. breakdown.proto says
// what is allowed, filtered_statement.h how it gets into SQL. No state, no clock, no database.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/breakdown.pb.h"

namespace donut::query {

inline constexpr int kDefaultBreakdownLimit = 10;
inline constexpr int kMaxBreakdownLimit = 100;

struct EventBreakdown {
  // With its default limit. Not set: no breakdown.
  v1::Breakdown proto;

  bool empty() const { return proto.subject_case() == v1::Breakdown::SUBJECT_NOT_SET; }
  bool reads_users() const { return proto.subject_case() == v1::Breakdown::kUserProperty; }
  int limit() const { return proto.limit(); }
};

// `breakdown` is a field of a request that is set; `field` its path, such as "breakdown". INVALID_ARGUMENT
// names the place and the rule.
absl::StatusOr<EventBreakdown> ResolveBreakdown(const v1::Breakdown& breakdown, const std::string& field);

// Nothing when `request` has no breakdown.
template <typename Request>
absl::StatusOr<EventBreakdown> ResolveBreakdownOf(const Request& request) {
  if (!request.has_breakdown()) return EventBreakdown();
  return ResolveBreakdown(request.breakdown(), "breakdown");
}

}  // namespace donut::query
