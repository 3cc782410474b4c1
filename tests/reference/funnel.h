// The funnel by its definition: every attempt of every actor is made, one by one, and
// the best is taken. Exponential in the events of an actor. For tests. No state.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/reference/filter.h"
#include "tests/reference/history.h"

namespace donut::testing {

struct StepByDefinition {
  // None: any event.
  std::vector<std::string> names;
  EventTest passes = [](const HistoryEvent&) { return true; };
};

struct FunnelByDefinitionQuestion {
  std::vector<StepByDefinition> steps;
  // Entries lie in [start, end).
  absl::Time start;
  absl::Time end;
  absl::Time as_of;
  absl::Duration window;
  bool by_session = false;
};

struct FunnelByDefinitionAnswer {
  // One per step.
  std::vector<int64_t> actors;
  // One per step: how long each timed attempt took from the step before; empty for the first.
  std::vector<std::vector<absl::Duration>> from_previous;
  // From first to last, of the timed attempts that have all steps.
  std::vector<absl::Duration> to_convert;
  int64_t still_open = 0;
};

FunnelByDefinitionAnswer FunnelByDefinition(const History& history,
                                            const FunnelByDefinitionQuestion& question);

// As PostgreSQL documents percentile_cont: linear between the two nearest ranks.
double PercentileByDefinition(double share, std::vector<absl::Duration> durations);

}  // namespace donut::testing
