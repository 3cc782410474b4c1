#include "query_service/metrics/active_users/active_users_by_history.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "common/status_macros.h"
#include "query_service/events/top_values.h"
#include "query_service/metrics/active_users/active_users_fold.h"

namespace donut::query {
namespace {

// The longest trailing window ends with its day: so many days are looked at before the first.
constexpr int kDaysBeforeFirst = 29;

ActiveUsersPieces PiecesOf(const ActiveUsersQuestion& question) {
  const QueryScope& scope = question.scope;
  const std::vector<CalendarBucket>& buckets = question.buckets;
  const bool by_day = question.granularity == v1::GRANULARITY_DAY;
  const bool is_cut = by_day && buckets.front().start < scope.start;
  std::vector<int64_t> bounds;
  if (by_day) {
    for (int before = kDaysBeforeFirst; before > 0; --before) {
      bounds.push_back(absl::ToUnixMicros(DayStart(buckets.front().first_day - before, scope.zone)));
    }
    if (is_cut) bounds.push_back(absl::ToUnixMicros(buckets.front().start));
  }
  const int first_bucket = static_cast<int>(bounds.size()) + 1;
  for (const CalendarBucket& bucket : buckets) {
    bounds.push_back(absl::ToUnixMicros(std::max(bucket.start, scope.start)));
  }
  ActiveUsersPieces pieces(std::move(bounds));
  pieces.first_bucket = first_bucket;
  pieces.bucket_count = static_cast<int>(buckets.size());
  pieces.by_day = by_day;
  pieces.first_day_is_cut = is_cut;
  return pieces;
}

EventQuestion EventsOf(const ActiveUsersQuestion& question, const ActiveUsersPieces& pieces) {
  EventQuestion events;
  events.project_id = question.scope.project_id;
  events.to_us = absl::ToUnixMicros(question.scope.interval_seen_end());
  events.filter = question.scope.filter;
  events.predicates = {{question.names, {}}};
  events.by_session = question.actor == v1::ACTOR_SESSION;
  events.exact_times = false;
  events.bounds_us = pieces.index.bounds_us();
  return events;
}

ActiveUsersCounts CountsOf(const ActiveUsersFold::Row& row) {
  ActiveUsersCounts counts;
  counts.active = row.active;
  int64_t week = 0;
  int64_t month = 0;
  for (const ActiveUsersFold::Bucket& bucket : row.buckets) {
    week += bucket.week_change;
    month += bucket.month_change;
    counts.buckets.push_back({bucket.active, bucket.newcomers, week, month});
  }
  return counts;
}

}  // namespace

absl::StatusOr<ActiveUsersCounts> ActiveUsersByHistory(const ActiveUsersQuestion& question, HistoryRun& run) {
  if (question.buckets.empty()) return ActiveUsersCounts();
  const auto pieces = std::make_shared<const ActiveUsersPieces>(PiecesOf(question));
  ASSIGN_OR_RETURN(const std::unique_ptr<ActorScan> scan, run.Open(EventsOf(question, *pieces)));
  ASSIGN_OR_RETURN(const ActiveUsersFold fold, FoldActors(*scan, ActiveUsersFold(pieces, nullptr, 1)));
  return CountsOf(fold.rows()[0]);
}

absl::StatusOr<ActiveUsersByValue> ActiveUsersByValueByHistory(const ActiveUsersQuestion& question,
                                                               const EventBreakdown& breakdown,
                                                               HistoryRun& run) {
  const auto pieces = std::make_shared<const ActiveUsersPieces>(PiecesOf(question));
  EventQuestion events = EventsOf(question, *pieces);
  events.values = {breakdown};
  ASSIGN_OR_RETURN(const std::unique_ptr<ActorScan> scan, run.Open(events));
  // First which values have a row. The values' numbers are the scan's, so they stay.
  ASSIGN_OR_RETURN(const ActiveValuesFold active,
                   FoldActors(*scan, ActiveValuesFold(absl::ToUnixMicros(question.scope.start))));
  const TopValues top(active.actors(), scan->value_names(0), breakdown.limit());
  const auto row_of_value = std::make_shared<const std::vector<int>>(top.row_of_value);
  const auto row_count = static_cast<size_t>(breakdown.limit()) + 2;
  ASSIGN_OR_RETURN(const ActiveUsersFold fold,
                   FoldActors(*scan, ActiveUsersFold(pieces, row_of_value, row_count)));
  ActiveUsersByValue by_value;
  by_value.value_count = top.value_count;
  for (size_t row = 0; row < row_count; ++row) {
    if (fold.rows()[row].active == 0) continue;
    by_value.rows.emplace_back(ValueOfRow(top, static_cast<int>(row), breakdown.limit()),
                               CountsOf(fold.rows()[row]));
  }
  return by_value;
}

}  // namespace donut::query
