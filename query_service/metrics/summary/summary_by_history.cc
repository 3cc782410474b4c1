#include "query_service/metrics/summary/summary_by_history.h"

#include <memory>

#include "common/status_macros.h"
#include "query_service/metrics/summary/summary_fold.h"

namespace donut::query {

absl::StatusOr<int64_t> CountEventsByHistory(const QueryScope& scope, HistoryRun& run) {
  EventQuestion events;
  events.project_id = scope.project_id;
  events.from_us = absl::ToUnixMicros(scope.start);
  events.to_us = absl::ToUnixMicros(scope.interval_seen_end());
  events.filter = scope.filter;
  events.keep_all = true;
  events.exact_times = false;
  ASSIGN_OR_RETURN(const std::unique_ptr<ActorScan> scan, run.Open(events));
  ASSIGN_OR_RETURN(const SummaryFold fold, FoldActors(*scan, SummaryFold()));
  return fold.event_count();
}

}  // namespace donut::query
