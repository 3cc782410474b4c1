// Active users by their definition: for every period, every actor is looked at
// alone. For tests. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/breakdown.pb.h"
#include "donut/analytics/v1/scope.pb.h"
#include "tests/reference/history.h"

namespace donut::testing {

struct ActiveUsersQuestion {
  absl::Time start;
  absl::Time end;
  absl::Time as_of;
  std::string time_zone;
  v1::WeekStart week_start = v1::WEEK_START_MONDAY;
  v1::Granularity granularity = v1::GRANULARITY_DAY;
  bool by_session = false;
  // None: any event.
  std::vector<std::string> names;
  // With its limit. Nothing: no rows.
  std::optional<v1::Breakdown> breakdown = {};
};

struct ActiveUsersPeriod {
  absl::Time start;
  absl::Time end;
  int64_t active = 0;
  int64_t fresh = 0;
  int64_t known = 0;
  // Days only.
  int64_t trailing_7 = 0;
  int64_t trailing_30 = 0;
  bool complete = false;
};

struct ActiveUsersRowByDefinition {
  v1::BreakdownValue value;
  int64_t active = 0;
  std::vector<ActiveUsersPeriod> periods;
};

struct ActiveUsersByDefinitionResult {
  int64_t active = 0;
  std::vector<ActiveUsersPeriod> periods;
  std::vector<ActiveUsersRowByDefinition> rows;
  int64_t value_count = 0;
};

ActiveUsersByDefinitionResult ActiveUsersByDefinition(const History& history,
                                                      const ActiveUsersQuestion& question);

// The same question about the interval of equal length before.
ActiveUsersQuestion PreviousByDefinition(const ActiveUsersQuestion& question);

}  // namespace donut::testing
