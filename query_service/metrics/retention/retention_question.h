// What retention asks, checked and with its defaults: shared by the table and by the lists of
// actors behind its cells. No state, no clock, no database.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/retention.pb.h"
#include "query_service/calendar.h"
#include "query_service/event_breakdown.h"
#include "query_service/event_filter.h"
#include "query_service/query_scope.h"

namespace donut::query {

inline constexpr int kMaxRetentionCohorts = 500;
// Offsets or brackets.
inline constexpr int kMaxRetentionOffsets = 100;
inline constexpr int kMaxRetentionOffset = 1'000;
inline constexpr int kMaxRetentionBreakdownCells = 50'000;

// The offsets that a column of the table is about: a bracket's; else both are the one that is asked for.
struct RetentionOffsets {
  int64_t first = 1;
  int64_t last = 1;
};

struct RetentionQuestion {
  // Its interval is widened to whole periods.
  QueryScope scope;
  v1::Granularity period = v1::GRANULARITY_DAY;
  v1::RetentionKind kind = v1::RETENTION_KIND_FIRST_TIME;
  v1::RetentionMode mode = v1::RETENTION_MODE_ON;
  v1::RetentionAlignment alignment = v1::RETENTION_ALIGNMENT_CALENDAR;
  // Ascending, none overlapping another.
  std::vector<RetentionOffsets> columns;
  std::vector<std::string> start_event_names;
  std::vector<std::string> return_event_names;
  EventFilter start_filter;
  EventFilter return_filter;
  EventBreakdown breakdown;
  // Empty: none.
  std::string value_property;
  // The cohorts', then those up to the last offset of the last cohort.
  std::vector<CalendarBucket> periods;
  size_t cohorts = 0;

  // Of a ROLLING period.
  absl::Duration period_length() const;
  // Whether the count of a cell can no longer grow by the passing of time.
  bool complete(size_t cohort, const RetentionOffsets& column) const;
  // Exclusive bounds of what is read: of start events, and of return events.
  absl::Time starts_end() const { return scope.interval_seen_end(); }
  absl::Time returns_end() const;
};

// INVALID_ARGUMENT names the field and the rule.
absl::StatusOr<RetentionQuestion> ResolveRetention(const v1::GetRetentionRequest& request,
                                                   const QueryContext& context);

// Sets what an answer repeats of the question.
void RepeatQuestion(const v1::GetRetentionRequest& request, const RetentionQuestion& question,
                    v1::GetRetentionResponse& response);

}  // namespace donut::query
