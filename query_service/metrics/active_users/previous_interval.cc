#include "query_service/metrics/active_users/previous_interval.h"

#include <limits>
#include <optional>

namespace donut::query {
namespace {

constexpr size_t kAnyNumber = std::numeric_limits<size_t>::max();

// The start of the interval before that has as many of the calendar's buckets. Nothing when
// the interval is not whole buckets.
std::optional<absl::Time> StartOfAsMany(const QueryScope& scope, v1::Granularity granularity) {
  const Calendar calendar(scope.zone, granularity, scope.week_start);
  const std::vector<CalendarBucket> buckets = calendar.Buckets(scope.start, scope.end, kAnyNumber);
  if (buckets.front().start != scope.start || buckets.back().end != scope.end) return std::nullopt;
  return calendar.StartBefore(buckets.front(), buckets.size());
}

}  // namespace

PreviousInterval IntervalBefore(const QueryScope& scope, v1::Granularity granularity) {
  PreviousInterval previous;
  previous.end = scope.start;
  if (const auto of_buckets = StartOfAsMany(scope, granularity)) {
    previous.start = *of_buckets;
  } else if (const auto of_days = StartOfAsMany(scope, v1::GRANULARITY_DAY)) {
    previous.start = *of_days;
  } else {
    previous.start = scope.start - (scope.end - scope.start);
  }
  if (previous.start < previous.end) {
    previous.buckets =
        Calendar(scope.zone, granularity, scope.week_start).Buckets(previous.start, previous.end, kAnyNumber);
  }
  return previous;
}

}  // namespace donut::query
