#include <algorithm>
#include <vector>

#include "query_service/metrics/funnel/funnel_trace.h"

namespace donut::query {
namespace {

// The walk over the events of one held value, forward in funnel order. Of all attempts of a length
// that can still be continued, the one that starts last is as good as any: the window of no other is open
// longer, and an exclusion ends all of a length alike.
class OrderedWalk {
 public:
  OrderedWalk(FunnelTrace& trace, const std::vector<int>& places)
      : trace_(trace),
        places_(places),
        valid_(trace.question().steps.size() + 1),
        unexcluded_(valid_.size()),
        reached_(valid_.size(), -1),
        entries_(valid_.size(), -1),
        seen_exclusions_(trace.question().exclusions.size()) {}

  void Run() {
    for (size_t begin = 0, end = 0; begin < places_.size(); begin = end) {
      while (end < places_.size() && trace_.time(places_[end]) == trace_.time(places_[begin])) ++end;
      Exclude(begin, end);
      for (size_t i = begin; i < end; ++i) Step(places_[i]);
    }
  }

 private:
  // The exclusions of one instant, which sort before its steps: they end what stands between their steps.
  void Exclude(size_t begin, size_t end) {
    uint32_t ending = 0;
    for (size_t i = begin; i < end; ++i) {
      const int place = places_[i];
      ending |= trace_.exclusions(place);
      for (size_t x = 0; x < seen_exclusions_.size(); ++x) {
        if ((trace_.exclusions(place) >> x & 1) != 0) NoteExclusion(x, place);
      }
    }
    for (size_t x = 0; x < seen_exclusions_.size(); ++x) {
      if ((ending >> x & 1) == 0) continue;
      const FunnelExclusionQuestion& exclusion = trace_.question().exclusions[x];
      for (int step = exclusion.from_step; step < exclusion.to_step; ++step) {
        valid_[step].clear();
        reached_[step] = -1;
      }
    }
  }

  void NoteExclusion(size_t x, int place) {
    seen_exclusions_[x].push_back(place);
    const FunnelExclusionQuestion& exclusion = trace_.question().exclusions[x];
    FunnelNote& note = trace_.notes(place).excluded;
    for (int step = exclusion.from_step; step < exclusion.to_step; ++step) {
      const int entry = reached_[step];
      // An earlier entry that has done as much has been where this one has, or its window is over.
      const bool is_past = reached_[exclusion.to_step] >= entry;
      if (entry >= 0 && !is_past && trace_.is_open(entry, place) && step >= note.step) note = {step, entry};
    }
  }

  // From the highest step down, so that an event does not continue itself.
  void Step(int place) {
    FunnelEventNotes& notes = trace_.notes(place);
    const bool excludes = !seen_exclusions_.empty();
    const int entered = trace_.is_entry(place) ? place : -1;
    for (int step = trace_.question().step_count(); step >= 1; --step) {
      if ((trace_.steps(place) >> (step - 1) & 1) == 0) continue;
      const int reached_from = step == 1 ? entered : reached_[step - 1];
      if (reached_from >= 0 && trace_.is_open(reached_from, place)) {
        reached_[step] = std::max(reached_[step], reached_from);
      }
      FunnelAttempt attempt = Continued(valid_, step, place);
      if (!attempt.empty()) {
        if (!notes.in_attempt.is_set()) notes.in_attempt = {step, attempt[0]};
        trace_.Offer(attempt);
        Keep(valid_, std::move(attempt));
      }
      FunnelAttempt unexcluded = excludes ? Continued(unexcluded_, step, place) : FunnelAttempt();
      if (!unexcluded.empty()) {
        if (!notes.blocked.is_set()) notes.blocked = {step, unexcluded[0], ExclusionWithin(unexcluded)};
        Keep(unexcluded_, std::move(unexcluded));
      }
      const int entry = step == 1 ? entered : entries_[step - 1];
      if (entry < 0) continue;
      if (!notes.late.is_set()) notes.late = {step, entry};
      entries_[step] = std::max(entries_[step], entry);
    }
    const auto missing = std::find(entries_.begin() + 1, entries_.end(), -1);
    notes.missing_step = static_cast<int>(missing - entries_.begin());
  }

  // The best attempt whose last step is this event; nothing when there is none.
  FunnelAttempt Continued(const std::vector<FunnelAttempt>& best, int step, int place) const {
    if (step == 1) return trace_.is_entry(place) ? FunnelAttempt{place} : FunnelAttempt();
    const FunnelAttempt& before = best[step - 1];
    if (before.empty() || !trace_.is_open(before[0], place)) return {};
    FunnelAttempt attempt = before;
    attempt.push_back(place);
    return attempt;
  }

  void Keep(std::vector<FunnelAttempt>& best, FunnelAttempt attempt) const {
    FunnelAttempt& kept = best[attempt.size()];
    if (kept.empty() || trace_.IsBetterStart(attempt, kept)) kept = std::move(attempt);
  }

  // The last exclusion that makes the attempt none; -1 when nothing does.
  int ExclusionWithin(const FunnelAttempt& attempt) const {
    const int length = static_cast<int>(attempt.size());
    int last = -1;
    for (size_t x = 0; x < seen_exclusions_.size(); ++x) {
      const FunnelExclusionQuestion& exclusion = trace_.question().exclusions[x];
      if (length <= exclusion.from_step) continue;
      const absl::Time end = trace_.time(attempt[std::min(exclusion.to_step, length) - 1]);
      const auto after =
          std::upper_bound(seen_exclusions_[x].begin(), seen_exclusions_[x].end(), end,
                           [&](absl::Time time, int place) { return time < trace_.time(place); });
      if (after == seen_exclusions_[x].begin()) continue;
      const int place = *(after - 1);
      if (trace_.time(place) > trace_.time(attempt[exclusion.from_step - 1])) last = std::max(last, place);
    }
    return last;
  }

  FunnelTrace& trace_;
  const std::vector<int>& places_;
  // By length: the best attempt; as if there were no exclusions.
  std::vector<FunnelAttempt> valid_;
  std::vector<FunnelAttempt> unexcluded_;
  // By length: the last entry from which the steps were done, -1 for none; as if there was neither exclusion
  // nor window.
  std::vector<int> reached_;
  std::vector<int> entries_;
  // By exclusion, in order.
  std::vector<std::vector<int>> seen_exclusions_;
};

}  // namespace

void WalkOrdered(FunnelTrace& trace) {
  for (const auto& [held, places] : trace.Groups()) OrderedWalk(trace, places).Run();
}

}  // namespace donut::query
