// What active users ask, checked and with its defaults, and what is counted for it: what the statement and
// the fold have in common. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

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
  // Those that overlap the interval of the scope, in order. None: the interval is empty.
  std::vector<CalendarBucket> buckets;
};

struct ActiveUsersBucketCount {
  int64_t active = 0;
  int64_t newcomers = 0;
  // Of days.
  int64_t trailing_7_days = 0;
  int64_t trailing_30_days = 0;
};

struct ActiveUsersCounts {
  // In the interval as a whole.
  int64_t active = 0;
  // One for each of the question's.
  std::vector<ActiveUsersBucketCount> buckets;
};

struct ActiveUsersByValue {
  // The values, then `other` and `none`; only where an actor is active in the interval.
  std::vector<std::pair<v1::BreakdownValue, ActiveUsersCounts>> rows;
  int64_t value_count = 0;
};

}  // namespace donut::query
