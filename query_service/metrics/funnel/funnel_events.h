// The events of one actor as a funnel's walks read them: in funnel order, with properties held constant those
// of one combination of values after the other, each with its steps and exclusions. They are numbered as they
// lie here. Used again and again, so that it keeps its memory. Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "query_service/events/event_question.h"
#include "query_service/metrics/funnel/funnel_plan.h"

namespace donut::query {

class FunnelEvents {
 public:
  // `plan` must outlive this.
  explicit FunnelEvents(const FunnelPlan& plan) : plan_(plan) {}

  // `actor` is pointed to until the next call. Its values are at least those held constant.
  void Take(const ActorEvents& actor);

  const FunnelPlan& plan() const { return plan_; }
  // Those that take part: that have every property held constant.
  uint32_t size() const { return size_; }
  int64_t time_us(uint32_t event) const { return time_us_[event]; }
  uint32_t steps(uint32_t event) const { return steps_[event]; }
  uint32_t exclusions(uint32_t event) const { return exclusions_[event]; }
  bool IsEntry(uint32_t event) const { return plan_.IsEntry(time_us_[event], steps_[event]); }
  // Whether the entry's window was open at that event.
  bool IsOpen(uint32_t entry, uint32_t event) const {
    return time_us_[event] - time_us_[entry] <= plan_.window_us;
  }
  // Whether any two are at the same time. Not for STRICT, which does not mind.
  bool has_ties() const { return has_ties_; }
  // Whether both have the same values held constant.
  bool SameHeld(uint32_t one, uint32_t other) const;

  // Walks go through a group at a time: [0, ends[0]), [ends[0], ends[1]) and so on. STRICT: there is one.
  const std::vector<uint32_t>& group_ends() const { return group_ends_; }

  // Where it stands among all events of the actor in funnel order, those that take no part as well.
  uint32_t place(uint32_t event) const { return places_.empty() ? event : places_[event]; }
  // The one at such a place, by its number in ActorEvents.
  uint32_t AtPlace(uint32_t place) const { return order_.empty() ? place : order_[place]; }
  uint32_t actor_event(uint32_t event) const { return AtPlace(place(event)); }

 private:
  bool FindTies() const;
  void SortTies();
  bool AllHaveTheSameHeld() const;
  void Group();

  const FunnelPlan& plan_;
  const ActorEvents* actor_ = nullptr;
  uint32_t size_ = 0;
  bool has_ties_ = false;
  const int64_t* time_us_ = nullptr;
  const uint32_t* steps_ = nullptr;
  const uint32_t* exclusions_ = nullptr;
  std::vector<uint32_t> group_ends_;
  // By place; empty where funnel order is event order.
  std::vector<uint32_t> order_;
  // By event; empty where all are one group.
  std::vector<uint32_t> places_;
  // What the pointers point to where the actor's own arrays do not do.
  std::vector<int64_t> own_time_us_;
  std::vector<uint32_t> own_steps_;
  std::vector<uint32_t> own_exclusions_;
};

}  // namespace donut::query
