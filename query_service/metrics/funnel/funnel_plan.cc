#include "query_service/metrics/funnel/funnel_plan.h"

#include <algorithm>
#include <set>
#include <string>

namespace donut::query {
namespace {

// The bits of the steps from `from` to `to`, counted from 1.
uint32_t StepBits(int from, int to) { return ((uint32_t{1} << to) - 1) & ~((uint32_t{1} << (from - 1)) - 1); }

bool AreDisjoint(const std::vector<FunnelStepQuestion>& steps) {
  std::set<std::string> seen;
  for (const FunnelStepQuestion& step : steps) {
    if (step.event_names.empty() && steps.size() > 1) return false;
    for (const std::string& name : step.event_names) {
      if (!seen.insert(name).second) return false;
    }
  }
  return true;
}

}  // namespace

FunnelPlan::FunnelPlan(const FunnelQuestion& question)
    : order(question.order),
      ties_by_event_order(question.ties == v1::FUNNEL_TIES_BY_EVENT_ORDER),
      step_count(question.step_count()),
      step_bits(StepBits(1, question.step_count())),
      held_count(question.held.size()),
      window_us(absl::ToInt64Microseconds(question.window)),
      start_us(absl::ToUnixMicros(question.scope.start)),
      end_us(absl::ToUnixMicros(question.scope.end)),
      as_of_us(absl::ToUnixMicros(question.scope.as_of)),
      // With ALL_STEPS nothing after the interval's end counts.
      may_go_on(!question.all_steps() || question.scope.end > question.scope.as_of),
      steps_are_disjoint(AreDisjoint(question.steps)) {
  for (const FunnelExclusionQuestion& exclusion : question.exclusions) {
    // UNORDERED: any step can be there.
    exclusions.push_back({exclusion.from_step, exclusion.to_step,
                          is_unordered() ? step_bits : StepBits(exclusion.from_step, exclusion.to_step)});
  }
  std::vector<std::pair<int, uint32_t>> steps;
  for (size_t i = 0; i < question.steps.size(); ++i) {
    steps.emplace_back(-ConditionCount(question.steps[i].filter.proto), uint32_t{1} << i);
  }
  std::sort(steps.begin(), steps.end());
  for (const auto& [conditions, bit] : steps) by_conditions_.push_back(bit);
}

uint32_t FunnelPlan::CountsFor(uint32_t steps) const {
  return *std::find_if(by_conditions_.begin(), by_conditions_.end(),
                       [steps](uint32_t bit) { return (steps & bit) != 0; });
}

EventQuestion FunnelEventQuestion(const FunnelQuestion& question) {
  EventQuestion events;
  events.project_id = question.scope.project_id;
  events.from_us = absl::ToUnixMicros(question.scope.start);
  events.to_us = absl::ToUnixMicros(question.scan_end());
  events.filter = question.scope.filter;
  for (const FunnelStepQuestion& step : question.steps) {
    events.predicates.push_back({step.event_names, step.filter});
  }
  for (const FunnelExclusionQuestion& exclusion : question.exclusions) {
    events.predicates.push_back({exclusion.event_names, exclusion.filter});
  }
  // What stands between two steps ends an attempt, whatever it is.
  events.keep_all = question.order == v1::FUNNEL_ORDER_STRICT;
  events.by_session = question.actor == v1::ACTOR_SESSION;
  events.ordered = true;
  for (const std::string& key : question.held) {
    EventBreakdown held;
    held.proto.set_event_property(key);
    events.values.push_back(std::move(held));
  }
  if (!question.breakdown.empty()) events.values.push_back(question.breakdown);
  return events;
}

}  // namespace donut::query
