#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "query_service/metrics/funnel/funnel_trace.h"

namespace donut::query {
namespace {

// The walk over the events of one held value, backward in time: what each step's next event is then stands
// there when an entry is met.
class UnorderedWalk {
 public:
  UnorderedWalk(FunnelTrace& trace, const std::vector<int>& places)
      : trace_(trace), places_(places), next_(trace.question().steps.size(), -1) {
    exclusions_.resize(trace.question().exclusions.size());
    for (const int place : places) {
      for (size_t x = 0; x < exclusions_.size(); ++x) {
        if ((trace.exclusions(place) >> x & 1) != 0) exclusions_[x].push_back(place);
      }
    }
  }

  void Run() {
    for (size_t end = places_.size(), begin = end; end > 0; end = begin) {
      while (begin > 0 && trace_.time(places_[begin - 1]) == trace_.time(places_[end - 1])) --begin;
      // Events of the entry's own time follow it, whichever came first.
      for (size_t i = end; i-- > begin;) {
        const uint32_t steps = trace_.steps(places_[i]);
        if (steps != 0) next_[__builtin_ctz(steps)] = places_[i];
      }
      for (size_t i = begin; i < end; ++i) {
        if (trace_.is_entry(places_[i])) Enter(places_[i]);
      }
    }
    for (size_t x = 0; x < exclusions_.size(); ++x) {
      for (const int place : exclusions_[x]) {
        const auto ended = ended_.find({x, trace_.time(place)});
        FunnelNote& note = trace_.notes(place).excluded;
        if (ended != ended_.end() && ended->second.step > note.step) note = ended->second;
      }
    }
  }

 private:
  struct End {
    absl::Time time;
    int place = -1;
  };

  void Enter(int entry) {
    FunnelAttempt all = {entry};
    for (size_t step = 0; step < next_.size(); ++step) {
      if (next_[step] >= 0 && (trace_.steps(entry) >> step & 1) == 0) all.push_back(next_[step]);
    }
    std::sort(all.begin() + 1, all.end());
    const auto in_window =
        std::find_if(all.begin(), all.end(), [&](int place) { return !trace_.is_open(entry, place); });
    const int reached = static_cast<int>(in_window - all.begin());
    const std::optional<End> end = FirstExclusion(all, reached);
    int valid = reached;
    while (end && valid > 1 && trace_.time(all[valid - 1]) >= end->time) --valid;
    for (int i = 0; i < static_cast<int>(all.size()); ++i) {
      FunnelEventNotes& notes = trace_.notes(all[i]);
      if (i < valid) {
        if (i >= notes.in_attempt.step) notes.in_attempt = {i + 1, entry};
      } else if (i < reached) {
        if (!notes.blocked.is_set()) notes.blocked = {i + 1, entry, end->place};
      } else if (!notes.late.is_set()) {
        notes.late = {i + 1, entry};
      }
    }
    all.resize(valid);
    trace_.Offer(all);
  }

  // The exclusion that ends the attempt, whose first `reached` events lie in the window.
  std::optional<End> FirstExclusion(const FunnelAttempt& all, int reached) {
    std::optional<End> first;
    std::vector<std::pair<size_t, End>> ends;
    for (size_t x = 0; x < exclusions_.size(); ++x) {
      const FunnelExclusionQuestion& exclusion = trace_.question().exclusions[x];
      if (reached < exclusion.from_step) continue;
      const absl::Time from = trace_.time(all[exclusion.from_step - 1]);
      const auto found =
          std::upper_bound(exclusions_[x].begin(), exclusions_[x].end(), from,
                           [&](absl::Time time, int place) { return time < trace_.time(place); });
      if (found == exclusions_[x].end() || !trace_.is_open(all[0], *found)) continue;
      const End end = {trace_.time(*found), *found};
      // The last step that it is about came before it.
      if (reached >= exclusion.to_step && trace_.time(all[exclusion.to_step - 1]) < end.time) continue;
      ends.emplace_back(x, end);
      if (!first || end.time < first->time) first = end;
    }
    for (const auto& [x, end] : ends) {
      if (end.time != first->time) continue;
      int step = reached;
      while (step > 1 && trace_.time(all[step - 1]) >= end.time) --step;
      FunnelNote& note = ended_[{x, end.time}];
      if (step > note.step) note = {step, all[0]};
    }
    return first;
  }

  FunnelTrace& trace_;
  const std::vector<int>& places_;
  // By step: the earliest event from here on; -1 for none.
  std::vector<int> next_;
  // By exclusion, in order of time.
  std::vector<std::vector<int>> exclusions_;
  // By exclusion and time: the attempt that ended then, of several the furthest.
  std::map<std::pair<size_t, absl::Time>, FunnelNote> ended_;
};

}  // namespace

void WalkUnordered(FunnelTrace& trace) {
  for (const auto& [held, places] : trace.Groups()) UnorderedWalk(trace, places).Run();
}

}  // namespace donut::query
