// The interval of equal length before an interval, to compare with: docs/metrics/common.md. No state;
// thread-safe.
#pragma once

#include <vector>

#include "absl/time/time.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/scope.pb.h"
#include "query_service/calendar.h"
#include "query_service/query_scope.h"

namespace donut::query {

struct PreviousInterval {
  // [start, end). Empty in the one case that the zone left out all of these days.
  absl::Time start;
  absl::Time end;
  // Those that overlap it.
  std::vector<CalendarBucket> buckets;
};

PreviousInterval IntervalBefore(const QueryScope& scope, v1::Granularity granularity);

}  // namespace donut::query
