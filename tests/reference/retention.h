// First-time calendar retention by its definition: the calendar is found by looking at a
// wall clock minute by minute, and every user is followed alone. For tests. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/proto_alias.h"
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
  std::vector<int32_t> offsets;
  // None: any event.
  std::vector<std::string> start_names;
  std::vector<std::string> return_names;
  EventTest passes_start = [](const HistoryEvent&) { return true; };
  EventTest passes_return = [](const HistoryEvent&) { return true; };
};

struct RetentionCohortByDefinition {
  absl::Time start;
  absl::Time end;
  int64_t size = 0;
  // One per offset.
  std::vector<int64_t> retained;
  std::vector<bool> complete;
};

std::vector<RetentionCohortByDefinition> RetentionByDefinition(const History& history,
                                                               const RetentionByDefinitionQuestion& question);

}  // namespace donut::testing
