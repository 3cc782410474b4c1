#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "query_service/metrics/funnel/funnel_trace.h"

namespace donut::query {
namespace {

// The walk over the events of one held value, backward in time: what each step's next event is then stands
// there when an entry is met.
template <bool kExplains>
class UnorderedWalk {
 public:
  explicit UnorderedWalk(FunnelTrace<kExplains>& trace)
      : trace_(trace), events_(trace.events()), plan_(trace.plan()) {}

  void Run(const uint32_t begin, const uint32_t end) {
    trace_.ListExclusions(begin, end);
    for (uint32_t after = end, first = end; after > begin; after = first) {
      while (first > begin && events_.time_us(first - 1) == events_.time_us(after - 1)) --first;
      // Events of the entry's own time follow it, whichever came first.
      for (uint32_t i = after; i > first; --i) SetNext(i - 1);
      for (uint32_t i = first; i < after; ++i) {
        if (events_.IsEntry(i)) Enter(i);
      }
    }
    if constexpr (kExplains) NoteExclusions();
  }

 private:
  // An exclusion that ends an attempt; `event` is of no account where there is none.
  struct End {
    bool is_set = false;
    int64_t time_us = 0;
    uint32_t event = 0;
  };

  void SetNext(uint32_t i) {
    const uint32_t steps = events_.steps(i);
    if (steps == 0) return;
    const auto step = static_cast<uint8_t>(__builtin_ctz(steps));
    // To the front: it is the earliest now.
    size_t place = 0;
    while (place < next_count_ && next_steps_[place] != step) ++place;
    if (place == next_count_) ++next_count_;
    std::copy_backward(next_steps_.begin(), next_steps_.begin() + place, next_steps_.begin() + place + 1);
    next_steps_[0] = step;
    next_[step] = i;
  }

  void Enter(uint32_t entry) {
    all_[0] = entry;
    size_t count = 1;
    for (size_t i = 0; i < next_count_; ++i) {
      const uint8_t step = next_steps_[i];
      if ((events_.steps(entry) >> step & 1) == 0) all_[count++] = next_[step];
    }
    size_t reached = 1;
    while (reached < count && events_.IsOpen(entry, all_[reached])) ++reached;
    const End end = FirstExclusion(static_cast<int>(reached));
    size_t valid = reached;
    while (end.is_set && valid > 1 && events_.time_us(all_[valid - 1]) >= end.time_us) --valid;
    if constexpr (kExplains) Note(count, reached, valid, end);
    if (trace_.entry_levels() != nullptr) (*trace_.entry_levels())[entry] = static_cast<int>(valid);
    trace_.Offer(all_, static_cast<int>(valid));
  }

  void Note(size_t count, size_t reached, size_t valid, const End& end) {
    for (size_t i = 0; i < count; ++i) {
      FunnelEventNotes& notes = trace_.notes(all_[i]);
      const int step = static_cast<int>(i) + 1;
      if (i < valid) {
        if (step > notes.in_attempt.step) notes.in_attempt = {step, all_[0]};
      } else if (i < reached) {
        if (!notes.blocked.is_set()) notes.blocked = {step, all_[0], end.event};
      } else if (!notes.late.is_set()) {
        notes.late = {step, all_[0]};
      }
    }
  }

  // The exclusion that ends the attempt, whose first `reached` events lie in the window.
  End FirstExclusion(int reached) {
    End first;
    for (size_t x = 0; x < plan_.exclusions.size(); ++x) {
      const End end = FirstOf(x, reached);
      if (end.is_set && (!first.is_set || end.time_us < first.time_us)) first = end;
    }
    if constexpr (kExplains) {
      for (size_t x = 0; x < plan_.exclusions.size(); ++x) {
        const End end = FirstOf(x, reached);
        if (end.is_set && end.time_us == first.time_us) NoteEnded(x, end.time_us, reached);
      }
    }
    return first;
  }

  // Where one exclusion ends it.
  End FirstOf(size_t x, int reached) const {
    const FunnelPlan::Exclusion& exclusion = plan_.exclusions[x];
    if (reached < exclusion.from_step) return {};
    const std::vector<uint32_t>& excluding = trace_.excluding(x);
    const int64_t from_us = TimeOf(exclusion.from_step);
    const auto found = std::upper_bound(
        excluding.begin(), excluding.end(), from_us,
        [this](int64_t time_us, uint32_t event) { return time_us < events_.time_us(event); });
    if (found == excluding.end() || !events_.IsOpen(all_[0], *found)) return {};
    const End end = {true, events_.time_us(*found), *found};
    // The last step that it is about came before it.
    if (reached >= exclusion.to_step && TimeOf(exclusion.to_step) < end.time_us) return {};
    return end;
  }

  void NoteEnded(size_t x, int64_t time_us, int reached) {
    int step = reached;
    while (step > 1 && TimeOf(step) >= time_us) --step;
    FunnelNote& note = ended_[{x, time_us}];
    if (step > note.step) note = {step, all_[0]};
  }

  void NoteExclusions() {
    for (size_t x = 0; x < plan_.exclusions.size(); ++x) {
      for (const uint32_t event : trace_.excluding(x)) {
        const auto ended = ended_.find({x, events_.time_us(event)});
        FunnelNote& note = trace_.notes(event).excluded;
        if (ended != ended_.end() && ended->second.step > note.step) note = ended->second;
      }
    }
  }

  int64_t TimeOf(int step) const { return events_.time_us(all_[static_cast<size_t>(step) - 1]); }

  FunnelTrace<kExplains>& trace_;
  const FunnelEvents& events_;
  const FunnelPlan& plan_;
  // By step, from 0: the earliest event from here on.
  std::array<uint32_t, kMaxFunnelSteps> next_;
  // The steps that have one, the earliest first.
  std::array<uint8_t, kMaxFunnelSteps> next_steps_;
  size_t next_count_ = 0;
  // The entry that is looked at, and after it the next event of every other step.
  FunnelAttempt all_;
  // By exclusion and time: the attempt that ended then, of several the furthest. For who explains.
  std::map<std::pair<size_t, int64_t>, FunnelNote> ended_;
};

}  // namespace

template <bool kExplains>
void WalkUnordered(FunnelTrace<kExplains>& trace) {
  uint32_t begin = 0;
  for (const uint32_t end : trace.events().group_ends()) {
    UnorderedWalk<kExplains>(trace).Run(begin, end);
    begin = end;
  }
}

template void WalkUnordered<true>(FunnelTrace<true>& trace);
template void WalkUnordered<false>(FunnelTrace<false>& trace);

}  // namespace donut::query
