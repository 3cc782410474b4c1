#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>
#include <variant>
#include <vector>

#include "query_service/metrics/funnel/funnel_trace.h"

namespace donut::query {
namespace {

constexpr size_t kLengths = kMaxFunnelSteps + 1;

// By length: the best attempt so far.
struct KeptAttempts {
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::min();

  std::array<FunnelAttempt, kLengths> events;
  // Until when it can be continued.
  std::array<int64_t, kLengths> open_until;

  KeptAttempts() { open_until.fill(kNone); }
  bool has(size_t length) const { return open_until[length] != kNone; }
};

// The walk over the events of one held value, forward in funnel order. Of all attempts of a length
// that can still be continued, the one that starts last is as good as any: the window of no other is open
// longer, and an exclusion ends all of a length alike.
template <bool kExplains>
class OrderedWalk {
 public:
  explicit OrderedWalk(FunnelTrace<kExplains>& trace)
      : trace_(trace), events_(trace.events()), plan_(trace.plan()) {
    if constexpr (kExplains) {
      reached_.assign(kLengths, -1);
      entries_.assign(kLengths, -1);
    }
  }

  void Run(uint32_t begin, uint32_t end) {
    if (plan_.exclusions.empty()) {
      for (uint32_t i = begin; i < end; ++i) Step(i);
      return;
    }
    if constexpr (kExplains) trace_.ListExclusions(begin, end);
    for (uint32_t after = begin; begin < end; begin = after) {
      while (after < end && events_.time_us(after) == events_.time_us(begin)) ++after;
      Exclude(begin, after);
      for (uint32_t i = begin; i < after; ++i) Step(i);
    }
  }

 private:
  // The exclusions of one instant, which sort before its steps: they end what stands between their steps.
  void Exclude(uint32_t begin, uint32_t end) {
    uint32_t ending = 0;
    for (uint32_t i = begin; i < end; ++i) {
      ending |= events_.exclusions(i);
      if constexpr (kExplains) NoteExclusions(i);
    }
    for (; ending != 0; ending &= ending - 1) {
      const FunnelPlan::Exclusion& exclusion = plan_.exclusions[static_cast<size_t>(__builtin_ctz(ending))];
      for (int step = exclusion.from_step; step < exclusion.to_step; ++step) {
        valid_.open_until[static_cast<size_t>(step)] = KeptAttempts::kNone;
        if constexpr (kExplains) reached_[static_cast<size_t>(step)] = -1;
      }
    }
  }

  // From the highest step down, so that an event does not continue itself.
  void Step(uint32_t i) {
    for (uint32_t left = events_.steps(i); left != 0;) {
      const auto step = static_cast<size_t>(32 - __builtin_clz(left));
      left &= ~(uint32_t{1} << (step - 1));
      const bool continues = Continues(valid_, step, i);
      if constexpr (kExplains) NoteStep(step, i, continues);
      // One that is not better than the one kept is no better as the timed one either.
      if (continues && Keep(valid_, step, i)) trace_.Offer(valid_.events[step], static_cast<int>(step));
      if constexpr (kExplains) NoteUnexcluded(step, i);
    }
    if constexpr (kExplains) {
      const auto missing = std::find(entries_.begin() + 1, entries_.begin() + 1 + plan_.step_count, -1);
      trace_.notes(i).missing_step = static_cast<int>(missing - entries_.begin());
    }
  }

  // Whether an attempt gets to this step with this event.
  bool Continues(const KeptAttempts& kept, size_t step, uint32_t i) const {
    return step == 1 ? events_.IsEntry(i) : events_.time_us(i) <= kept.open_until[step - 1];
  }

  // The attempt that ends with this event, if it is better than the one of its length.
  bool Keep(KeptAttempts& kept, size_t step, uint32_t i) const {
    FunnelAttempt& now = kept.events[step];
    if (step == 1) {
      now[0] = i;
      kept.open_until[1] = events_.time_us(i) + plan_.window_us;
      return true;
    }
    const FunnelAttempt& before = kept.events[step - 1];
    if (kept.has(step)) {
      // From the same entry the one that came first has the earlier steps.
      if (now[0] == before[0]) return false;
      if (kept.open_until[step] >= kept.open_until[step - 1]) {
        FunnelAttempt attempt = before;
        attempt[step - 1] = i;
        if (!trace_.IsBetterStart(attempt, now, static_cast<int>(step))) return false;
      }
    }
    std::copy_n(before.begin(), step - 1, now.begin());
    now[step - 1] = i;
    kept.open_until[step] = kept.open_until[step - 1];
    return true;
  }

  void NoteExclusions(uint32_t i) {
    FunnelNote& note = trace_.notes(i).excluded;
    for (uint32_t left = events_.exclusions(i); left != 0; left &= left - 1) {
      const FunnelPlan::Exclusion& exclusion = plan_.exclusions[static_cast<size_t>(__builtin_ctz(left))];
      for (int step = exclusion.from_step; step < exclusion.to_step; ++step) {
        const int64_t entry = reached_[static_cast<size_t>(step)];
        // An earlier entry that has done as much has been where this one has, or its window is over.
        const bool is_past = reached_[static_cast<size_t>(exclusion.to_step)] >= entry;
        if (entry < 0 || is_past || step < note.step) continue;
        if (events_.IsOpen(static_cast<uint32_t>(entry), i)) note = {step, static_cast<uint32_t>(entry)};
      }
    }
  }

  void NoteStep(size_t step, uint32_t i, bool continues) {
    const int64_t entry = step > 1 ? reached_[step - 1] : events_.IsEntry(i) ? int64_t{i} : -1;
    if (entry >= 0 && events_.IsOpen(static_cast<uint32_t>(entry), i)) {
      reached_[step] = std::max(reached_[step], entry);
    }
    FunnelEventNotes& notes = trace_.notes(i);
    if (!continues || notes.in_attempt.is_set()) return;
    notes.in_attempt = {static_cast<int>(step), step == 1 ? i : valid_.events[step - 1][0]};
  }

  // As if there were no exclusions, and then as if there was no window either.
  void NoteUnexcluded(size_t step, uint32_t i) {
    FunnelEventNotes& notes = trace_.notes(i);
    if (!plan_.exclusions.empty() && Continues(unexcluded_, step, i)) {
      if (!notes.blocked.is_set()) {
        FunnelAttempt attempt = unexcluded_.events[step - 1];
        attempt[step - 1] = i;
        notes.blocked = {static_cast<int>(step), attempt[0],
                         ExclusionWithin(attempt, static_cast<int>(step))};
      }
      Keep(unexcluded_, step, i);
    }
    const int64_t entry = step > 1 ? entries_[step - 1] : events_.IsEntry(i) ? int64_t{i} : -1;
    if (entry < 0) return;
    if (!notes.late.is_set()) notes.late = {static_cast<int>(step), static_cast<uint32_t>(entry)};
    entries_[step] = std::max(entries_[step], entry);
  }

  // The last exclusion that makes the attempt none.
  uint32_t ExclusionWithin(const FunnelAttempt& attempt, int length) const {
    int64_t last = -1;
    for (size_t x = 0; x < plan_.exclusions.size(); ++x) {
      const FunnelPlan::Exclusion& exclusion = plan_.exclusions[x];
      if (length <= exclusion.from_step) continue;
      const std::vector<uint32_t>& excluding = trace_.excluding(x);
      const int64_t end_us = TimeOf(attempt, std::min(exclusion.to_step, length));
      const auto after = std::upper_bound(
          excluding.begin(), excluding.end(), end_us,
          [this](int64_t time_us, uint32_t event) { return time_us < events_.time_us(event); });
      if (after == excluding.begin()) continue;
      const uint32_t event = *(after - 1);
      if (events_.time_us(event) > TimeOf(attempt, exclusion.from_step))
        last = std::max(last, int64_t{event});
    }
    return last < 0 ? FunnelNote::kNone : static_cast<uint32_t>(last);
  }

  int64_t TimeOf(const FunnelAttempt& attempt, int step) const {
    return events_.time_us(attempt[static_cast<size_t>(step) - 1]);
  }

  FunnelTrace<kExplains>& trace_;
  const FunnelEvents& events_;
  const FunnelPlan& plan_;
  KeptAttempts valid_;
  // As if there were no exclusions.
  std::conditional_t<kExplains, KeptAttempts, std::monostate> unexcluded_;
  // By length: the last entry from which the steps were done, -1 for none; as if there was neither exclusion
  // nor window.
  std::vector<int64_t> reached_;
  std::vector<int64_t> entries_;
};

// Whether WalkPlainly can count them.
bool ArePlain(const FunnelEvents& events) {
  const FunnelPlan& plan = events.plan();
  return plan.steps_are_disjoint && plan.exclusions.empty() && plan.held_count == 0 && !events.has_ties();
}

// What OrderedWalk finds where every event is one step, nothing excludes, nothing is held constant and no two
// events are at the same time. That is most questions, so it is made to be fast: forward without a branch to
// where the longest attempt is first complete, back to its entry, and from there to each next step.
void WalkPlainly(FunnelTrace<false>& trace) {
  constexpr int64_t kNoEntry = std::numeric_limits<int64_t>::min() / 2;
  const FunnelEvents& events = trace.events();
  const FunnelPlan& plan = trace.plan();
  // By length: the last entry from which an attempt got there, and at 0 the event itself.
  std::array<int64_t, kLengths> entry_us;
  std::fill_n(entry_us.begin(), plan.step_count + 1, kNoEntry);
  uint32_t length = 0;
  uint32_t end = 0;
  int64_t start_us = kNoEntry;
  for (uint32_t i = 0; i < events.size(); ++i) {
    const int64_t time_us = events.time_us(i);
    const auto step = static_cast<uint32_t>(__builtin_ctz(events.steps(i))) + 1;
    const bool is_in_interval = (time_us >= plan.start_us) & (time_us < plan.end_us);
    entry_us[0] = is_in_interval ? time_us : kNoEntry;
    const int64_t entry = entry_us[step - 1];
    const bool gets_there = time_us - entry <= plan.window_us;
    entry_us[step] = gets_there ? entry : entry_us[step];
    const bool is_longer = gets_there & (step > length);
    length = is_longer ? step : length;
    end = is_longer ? i : end;
    start_us = is_longer ? entry : start_us;
  }
  FunnelAttempt attempt;
  uint32_t i = end;
  while (length > 0 && events.time_us(i) != start_us) --i;
  for (uint32_t next = 0; next < length; ++i) {
    attempt[next] = i;
    next += events.steps(i) == uint32_t{1} << next ? 1 : 0;
  }
  trace.Take(attempt, static_cast<int>(length));
}

}  // namespace

template <bool kExplains>
void WalkOrdered(FunnelTrace<kExplains>& trace) {
  if constexpr (!kExplains) {
    if (ArePlain(trace.events())) return WalkPlainly(trace);
  }
  uint32_t begin = 0;
  for (const uint32_t end : trace.events().group_ends()) {
    OrderedWalk<kExplains>(trace).Run(begin, end);
    begin = end;
  }
}

template void WalkOrdered<true>(FunnelTrace<true>& trace);
template void WalkOrdered<false>(FunnelTrace<false>& trace);

}  // namespace donut::query
