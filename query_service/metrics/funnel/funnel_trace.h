// What the three orders of a funnel share when they walk an actor's events: the best attempt so far, and, for
// who wants to explain and not only to count, what is noted of each event. Counting allocates nothing. Not
// thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "query_service/metrics/funnel/funnel_events.h"
#include "query_service/metrics/funnel/funnel_question.h"

namespace donut::query {

// Events (FunnelEvents), from the entry on.
using FunnelAttempt = std::array<uint32_t, kMaxFunnelSteps>;

// That an event was, or would have been, this step of the attempt with this entry.
struct FunnelNote {
  static constexpr uint32_t kNone = ~uint32_t{0};

  int step = 0;
  uint32_t entry = kNone;
  uint32_t cause = kNone;

  bool is_set() const { return step > 0; }
};

// All that may hold of one event; the role is the first that does.
struct FunnelEventNotes {
  FunnelNote in_attempt;
  FunnelNote excluded;
  FunnelNote blocked;
  FunnelNote late;
  FunnelNote interrupted;
  int missing_step = 0;
};

template <bool kExplains>
class FunnelTrace {
 public:
  // `events` must outlive this.
  explicit FunnelTrace(const FunnelEvents& events)
      : events_(events), plan_(events.plan()), excluding_(events.plan().exclusions.size()) {}

  // Forgets all; `events` has others now.
  void Restart() {
    length_ = 0;
    if constexpr (kExplains) notes_.assign(events_.size(), FunnelEventNotes());
    if (entry_levels_ != nullptr) entry_levels_->assign(events_.size(), 0);
  }
  // UNORDERED: the level of every entry is wanted, by event.
  void WantEntryLevels(std::vector<int>* levels) { entry_levels_ = levels; }

  const FunnelPlan& plan() const { return plan_; }
  const FunnelEvents& events() const { return events_; }
  FunnelEventNotes& notes(uint32_t event) { return notes_[event]; }
  std::vector<int>* entry_levels() const { return entry_levels_; }

  // Finds the events of each exclusion among those of a group.
  void ListExclusions(uint32_t begin, uint32_t end) {
    for (std::vector<uint32_t>& events : excluding_) events.clear();
    if (excluding_.empty()) return;
    for (uint32_t i = begin; i < end; ++i) {
      for (uint32_t left = events_.exclusions(i); left != 0; left &= left - 1) {
        excluding_[static_cast<size_t>(__builtin_ctz(left))].push_back(i);
      }
    }
  }
  const std::vector<uint32_t>& excluding(size_t exclusion) const { return excluding_[exclusion]; }

  // Whether `a` continues better than `b`, an attempt of the same length: starts later, then has the earlier
  // further steps. By time first, then by place.
  bool IsBetterStart(const FunnelAttempt& a, const FunnelAttempt& b, int length) const;

  // Whether an attempt of that length that ends with this event may be the timed one.
  bool MayBeTimed(int length, uint32_t end) const {
    if (length != length_) return length > length_;
    return events_.time_us(end) <= events_.time_us(timed_[static_cast<size_t>(length) - 1]);
  }
  // An attempt: the best one is kept.
  void Offer(const FunnelAttempt& attempt, int length) {
    if (!MayBeTimed(length, attempt[static_cast<size_t>(length) - 1])) return;
    if (length == length_ && !IsTimedRatherThan(attempt, timed_, length)) return;
    Take(attempt, length);
  }
  // What is known to be the timed attempt.
  void Take(const FunnelAttempt& attempt, int length) {
    length_ = length;
    for (size_t i = 0; i < static_cast<size_t>(length); ++i) timed_[i] = attempt[i];
  }

  // The timed attempt; of length 0 when there is none.
  const FunnelAttempt& timed() const { return timed_; }
  int length() const { return length_; }
  // Whether the actor could still get further after as_of.
  bool StillOpen() const;

 private:
  bool IsTimedRatherThan(const FunnelAttempt& a, const FunnelAttempt& b, int length) const;

  const FunnelEvents& events_;
  const FunnelPlan& plan_;
  FunnelAttempt timed_ = {};
  int length_ = 0;
  std::vector<std::vector<uint32_t>> excluding_;
  std::vector<int>* entry_levels_ = nullptr;
  // One per event, where they explain.
  std::vector<FunnelEventNotes> notes_;
};

// The walks. Each offers every attempt that can be the timed one, and notes what it sees.
template <bool kExplains>
void WalkOrdered(FunnelTrace<kExplains>& trace);
template <bool kExplains>
void WalkStrict(FunnelTrace<kExplains>& trace);
template <bool kExplains>
void WalkUnordered(FunnelTrace<kExplains>& trace);

template <bool kExplains>
void WalkInOrder(FunnelTrace<kExplains>& trace) {
  switch (trace.plan().order) {
    case v1::FUNNEL_ORDER_STRICT:
      return WalkStrict(trace);
    case v1::FUNNEL_ORDER_UNORDERED:
      return WalkUnordered(trace);
    default:
      return WalkOrdered(trace);
  }
}

extern template class FunnelTrace<true>;
extern template class FunnelTrace<false>;

}  // namespace donut::query
