// Retention by its definition: the calendar is found by looking at a wall clock minute by minute, and every
// user is followed alone, in every cohort. For tests. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/retention.pb.h"
#include "donut/analytics/v1/scope.pb.h"
#include "tests/reference/filter.h"
#include "tests/reference/history.h"

namespace donut::testing {

struct RetentionByDefinitionQuestion {
  absl::Time start;
  absl::Time end;
  absl::Time as_of;
  std::string time_zone;
  v1::WeekStart week_start = v1::WEEK_START_MONDAY;
  v1::Granularity period = v1::GRANULARITY_DAY;
  v1::RetentionKind kind = v1::RETENTION_KIND_FIRST_TIME;
  v1::RetentionMode mode = v1::RETENTION_MODE_ON;
  v1::RetentionAlignment alignment = v1::RETENTION_ALIGNMENT_CALENDAR;
  // First and last offset of each column: the same one, unless mode is BRACKET.
  struct Column {
    int64_t first = 1;
    int64_t last = 1;
  };
  std::vector<Column> columns;
  // None: any event.
  std::vector<std::string> start_names;
  std::vector<std::string> return_names;
  EventTest passes_start = [](const HistoryEvent&) { return true; };
  EventTest passes_return = [](const HistoryEvent&) { return true; };
  // In hundredths: the sums are exact.
  std::function<int64_t(const HistoryEvent&)> value_of = [](const HistoryEvent&) { return 0; };
};

// A user in a cohort.
struct RetentionMemberByDefinition {
  std::string user;
  // That put the user there.
  HistoryEvent start;
  // One per column: the first return that it counts.
  std::vector<std::optional<absl::Time>> returned;
  // In hundredths: of offset 0; and one per column, of what it counts, and of all offsets up to its last.
  int64_t own_value = 0;
  std::vector<int64_t> value;
  std::vector<int64_t> cumulative_value;
};

struct RetentionCohortByDefinition {
  absl::Time start;
  absl::Time end;
  // Sorted by user.
  std::vector<RetentionMemberByDefinition> members;
  // One per column.
  std::vector<bool> complete;
};

std::vector<RetentionCohortByDefinition> RetentionByDefinition(const History& history,
                                                               const RetentionByDefinitionQuestion& question);

}  // namespace donut::testing
