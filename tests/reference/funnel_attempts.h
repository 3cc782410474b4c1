// Every attempt of one actor at a funnel, one by one. For tests. No state.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/reference/funnel.h"
#include "tests/reference/history.h"

namespace donut::testing {

// An event that the funnel reads.
struct FunnelEventByDefinition {
  HistoryEvent event;
  // One per step: whether it matches. UNORDERED: only the one that it counts for.
  std::vector<bool> is_step;
  // One per exclusion.
  std::vector<bool> excludes;
  // Of the properties held constant.
  std::vector<std::string> held;

  bool is_any_step() const;
};

// Those of one actor, in funnel order.
std::vector<FunnelEventByDefinition> FunnelEventsByDefinition(const std::vector<HistoryEvent>& of_actor,
                                                              const FunnelByDefinitionQuestion& question);

bool IsEntryByDefinition(const FunnelEventByDefinition& event, const FunnelByDefinitionQuestion& question);

// Places in these events, in the order of the attempt.
using AttemptByDefinition = std::vector<size_t>;

// Each valid attempt, of any length.
void VisitAttemptsByDefinition(const std::vector<FunnelEventByDefinition>& events,
                               const FunnelByDefinitionQuestion& question,
                               const std::function<void(const AttemptByDefinition&)>& visit);

}  // namespace donut::testing
