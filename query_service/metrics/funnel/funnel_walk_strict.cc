#include <algorithm>

#include "query_service/metrics/funnel/funnel_trace.h"

namespace donut::query {
namespace {

// The chains of immediate successors that end with one event, as bits: bit n - 1 is that of length n.
struct Chains {
  uint32_t in_window = 0;
  // As if there was no window.
  uint32_t any = 0;
};

// Events without a held value are not even in the way: they are not among FunnelEvents.
template <bool kExplains>
class StrictWalk {
 public:
  explicit StrictWalk(FunnelTrace<kExplains>& trace)
      : trace_(trace), events_(trace.events()), plan_(trace.plan()) {}

  void Run() {
    Chains before;
    for (uint32_t i = 0; i < events_.size(); ++i) {
      const Chains chains = ChainsTo(i, before);
      if constexpr (kExplains) Note(i, before, chains);
      OfferLongest(i, chains.in_window);
      before = chains;
    }
  }

 private:
  static uint32_t EntryOf(uint32_t i, int length) { return i + 1 - static_cast<uint32_t>(length); }

  Chains ChainsTo(uint32_t i, const Chains& before) const {
    Chains chains;
    if (events_.IsEntry(i)) chains.in_window = chains.any = 1;
    const uint32_t further = events_.steps(i) & ~uint32_t{1};
    uint32_t candidates = before.in_window << 1 & further;
    if constexpr (!kExplains) {
      if (candidates == 0) return chains;
    }
    if (i == 0 || !events_.SameHeld(i - 1, i)) return chains;
    chains.any |= before.any << 1 & further;
    for (; candidates != 0; candidates &= candidates - 1) {
      const int length = __builtin_ctz(candidates) + 1;
      if (events_.IsOpen(EntryOf(i, length), i)) chains.in_window |= uint32_t{1} << (length - 1);
    }
    return chains;
  }

  // Of those that end with an event only the longest can be the timed one.
  void OfferLongest(uint32_t i, uint32_t in_window) {
    if (in_window == 0) return;
    const int length = 32 - __builtin_clz(in_window);
    if (!trace_.MayBeTimed(length, i)) return;
    FunnelAttempt attempt;
    for (int step = 0; step < length; ++step) {
      attempt[static_cast<size_t>(step)] = EntryOf(i, length) + static_cast<uint32_t>(step);
    }
    trace_.Offer(attempt, length);
  }

  void Note(uint32_t i, const Chains& before, const Chains& chains) {
    FunnelEventNotes& notes = trace_.notes(i);
    for (int length = plan_.step_count; length >= 1; --length) {
      const uint32_t bit = uint32_t{1} << (length - 1);
      if ((chains.in_window & bit) != 0 && !notes.in_attempt.is_set()) {
        notes.in_attempt = {length, EntryOf(i, length)};
      }
      if ((chains.any & bit) != 0 && !notes.late.is_set()) notes.late = {length, EntryOf(i, length)};
      // The chain before it would have had to go on here.
      const bool waited = i > 0 && length < plan_.step_count && (before.in_window & bit) != 0;
      if (waited && !notes.interrupted.is_set() && events_.IsOpen(EntryOf(i - 1, length), i)) {
        notes.interrupted = {length + 1, EntryOf(i - 1, length)};
      }
    }
    notes.missing_step = 1;
    while (notes.missing_step < plan_.step_count && (before.any >> (notes.missing_step - 1) & 1) != 0) {
      ++notes.missing_step;
    }
  }

  FunnelTrace<kExplains>& trace_;
  const FunnelEvents& events_;
  const FunnelPlan& plan_;
};

}  // namespace

template <bool kExplains>
void WalkStrict(FunnelTrace<kExplains>& trace) {
  StrictWalk<kExplains>(trace).Run();
}

template void WalkStrict<true>(FunnelTrace<true>& trace);
template void WalkStrict<false>(FunnelTrace<false>& trace);

}  // namespace donut::query
