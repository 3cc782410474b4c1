#include <vector>

#include "query_service/metrics/funnel/funnel_trace.h"

namespace donut::query {
namespace {

// The chains of immediate successors that end with one event, as bits: bit n - 1 is that of length n.
struct Chains {
  uint32_t in_window = 0;
  // As if there was no window.
  uint32_t any = 0;
};

class StrictWalk {
 public:
  explicit StrictWalk(FunnelTrace& trace) : trace_(trace) {
    for (size_t i = 0; i < trace.events().size(); ++i) {
      if (trace.events()[i].takes_part()) places_.push_back(static_cast<int>(i));
    }
  }

  void Run() {
    Chains before;
    for (size_t i = 0; i < places_.size(); ++i) {
      const Chains chains = ChainsTo(i, before);
      Note(i, before, chains);
      before = chains;
    }
  }

 private:
  int EntryOf(size_t i, int length) const { return places_[i + 1 - length]; }

  Chains ChainsTo(size_t i, const Chains& before) const {
    const int place = places_[i];
    Chains chains;
    if (trace_.is_entry(place)) chains.in_window = chains.any = 1;
    if (i == 0 || trace_.events()[place].held != trace_.events()[places_[i - 1]].held) return chains;
    const uint32_t further = trace_.steps(place) & ~uint32_t{1};
    chains.any |= before.any << 1 & further;
    for (int length = 2; length <= trace_.question().step_count(); ++length) {
      const uint32_t bit = uint32_t{1} << (length - 1);
      if ((before.in_window << 1 & further & bit) == 0) continue;
      if (trace_.is_open(EntryOf(i, length), place)) chains.in_window |= bit;
    }
    return chains;
  }

  void Note(size_t i, const Chains& before, const Chains& chains) {
    const int steps = trace_.question().step_count();
    const int place = places_[i];
    FunnelEventNotes& notes = trace_.notes(place);
    for (int length = steps; length >= 1; --length) {
      const uint32_t bit = uint32_t{1} << (length - 1);
      if ((chains.in_window & bit) != 0) {
        if (!notes.in_attempt.is_set()) notes.in_attempt = {length, EntryOf(i, length)};
        OfferChain(i, length);
      }
      if ((chains.any & bit) != 0 && !notes.late.is_set()) notes.late = {length, EntryOf(i, length)};
      // The chain before it would have had to go on here.
      const bool waited = i > 0 && length < steps && (before.in_window & bit) != 0;
      if (waited && !notes.interrupted.is_set() && trace_.is_open(EntryOf(i - 1, length), place)) {
        notes.interrupted = {length + 1, EntryOf(i - 1, length)};
      }
    }
    notes.missing_step = 1;
    while (notes.missing_step < steps && (before.any >> (notes.missing_step - 1) & 1) != 0) {
      ++notes.missing_step;
    }
  }

  void OfferChain(size_t i, int length) {
    const auto begin = places_.begin() + static_cast<std::ptrdiff_t>(i + 1) - length;
    trace_.Offer(FunnelAttempt(begin, begin + length));
  }

  FunnelTrace& trace_;
  // Of the events that take part: those without a held value are not even in the way.
  std::vector<int> places_;
};

}  // namespace

void WalkStrict(FunnelTrace& trace) { StrictWalk(trace).Run(); }

}  // namespace donut::query
