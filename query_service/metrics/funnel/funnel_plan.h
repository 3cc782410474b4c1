// A funnel's question as its walks and its fold read it: times in microseconds, steps and exclusions as bits,
// and which events of histories it is about. Immutable, so thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/proto_alias.h"
#include "query_service/events/event_question.h"
#include "query_service/metrics/funnel/funnel_question.h"

namespace donut::query {

struct FunnelPlan {
  struct Exclusion {
    // Counted from 1.
    int from_step = 0;
    int to_step = 0;
    // An event that is one of these steps is that, and excludes nothing.
    uint32_t counts_as = 0;
  };

  explicit FunnelPlan(const FunnelQuestion& question);

  // Of what an event matches (EventQuestion's predicates: the steps, then the exclusions).
  // The steps that it can be; UNORDERED: the one that it counts for.
  uint32_t StepsOf(uint32_t mask) const {
    const uint32_t steps = mask & step_bits;
    return is_unordered() && (steps & (steps - 1)) != 0 ? CountsFor(steps) : steps;
  }
  // Those that it is, given StepsOf(mask).
  uint32_t ExclusionsOf(uint32_t mask, uint32_t steps) const {
    uint32_t excludes = mask >> step_count;
    for (size_t i = 0; excludes >> i != 0; ++i) {
      if ((steps & exclusions[i].counts_as) != 0) excludes &= ~(uint32_t{1} << i);
    }
    return excludes;
  }
  // Among events of the same time. What is no step comes before the steps.
  int RankOf(uint32_t steps) const {
    if (steps == 0 || order == v1::FUNNEL_ORDER_STRICT) return 0;
    return ties_by_event_order ? 1 : __builtin_ctz(steps) + 1;
  }
  bool IsEntry(int64_t time_us, uint32_t steps) const {
    return (is_unordered() ? steps != 0 : (steps & 1) != 0) && time_us >= start_us && time_us < end_us;
  }

  bool is_strict() const { return order == v1::FUNNEL_ORDER_STRICT; }
  bool is_unordered() const { return order == v1::FUNNEL_ORDER_UNORDERED; }

  v1::FunnelOrder order = v1::FUNNEL_ORDER_ORDERED;
  bool ties_by_event_order = false;
  int step_count = 0;
  uint32_t step_bits = 0;
  // So many lists of ActorEvents::values are those of properties held constant.
  size_t held_count = 0;
  std::vector<Exclusion> exclusions;
  int64_t window_us = 0;
  // Entries lie in [start, end).
  int64_t start_us = 0;
  int64_t end_us = 0;
  int64_t as_of_us = 0;
  // Whether what follows as_of could still count.
  bool may_go_on = false;
  // No event is two steps.
  bool steps_are_disjoint = false;

 private:
  uint32_t CountsFor(uint32_t steps) const;

  // UNORDERED: the bits of the steps, those with the most conditions first.
  std::vector<uint32_t> by_conditions_;
};

// The events of a funnel in histories: values are those of the properties held constant, then that of the
// breakdown, where there is one.
EventQuestion FunnelEventQuestion(const FunnelQuestion& question);

}  // namespace donut::query
