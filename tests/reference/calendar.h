// The calendar by its definition: found by looking at a wall clock minute by minute.
// For tests. Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/scope.pb.h"

namespace donut::testing {

// Of the IANA database.
absl::TimeZone ZoneNamed(const std::string& name);

struct PeriodByDefinition {
  absl::Time start;
  absl::Time end;
};

// The periods that overlap [from, to), whole, in order. A day that the zone left out
// is a period of no length.
std::vector<PeriodByDefinition> PeriodsByDefinition(const std::string& time_zone, v1::Granularity granularity,
                                                    v1::WeekStart week_start, absl::Time from, absl::Time to);

// The day that `time` lies in, and those around it: -1 is the day before.
PeriodByDefinition DayByDefinition(const std::string& time_zone, absl::Time time, int64_t days_after);

}  // namespace donut::testing
