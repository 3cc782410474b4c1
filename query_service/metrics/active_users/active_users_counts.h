// The counts behind GetActiveUsers, for one interval: the statement and its folding. Apart from
// active_users.h because an answer may need it three times: for the interval, for a breakdown of it and for
// the interval before. No state; thread-safe.
#pragma once

#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/active_users.pb.h"
#include "query_service/calendar.h"
#include "query_service/event_breakdown.h"
#include "query_service/query_scope.h"

namespace donut::query {

struct ActiveUsersQuestion {
  QueryScope scope;
  v1::Granularity granularity = v1::GRANULARITY_DAY;
  v1::Actor actor = v1::ACTOR_USER;
  // None: any event.
  std::vector<std::string> names;
  // Those that overlap the interval of the scope, in order.
  std::vector<CalendarBucket> buckets;
};

struct ActiveUsersSeries {
  int64_t active_count = 0;
  std::vector<v1::ActiveUsersBucket> buckets;
};

// Zeros when the interval has no buckets, because it is empty.
absl::StatusOr<ActiveUsersSeries> CountActiveUsers(const ActiveUsersQuestion& question,
                                                   pqxx::transaction_base& transaction);

struct ActiveUsersRows {
  // The values, then `other` and `none`; only where an actor is active in the interval.
  std::vector<v1::ActiveUsersBreakdownRow> rows;
  int64_t value_count = 0;
};

absl::StatusOr<ActiveUsersRows> CountActiveUsersByValue(const ActiveUsersQuestion& question,
                                                        const EventBreakdown& breakdown,
                                                        pqxx::transaction_base& transaction);

}  // namespace donut::query
