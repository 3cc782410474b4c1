#include "query_service/metrics/funnel/funnel_walk.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "query_service/metrics/funnel/funnel_trace.h"

namespace donut::query {
namespace {

// The bits of the steps from `from` to `to`, counted from 1.
uint32_t StepBits(int from, int to) { return ((uint32_t{1} << to) - 1) & ~((uint32_t{1} << (from - 1)) - 1); }

// The lowest step, from 1.
int LowestStep(uint32_t steps) { return __builtin_ctz(steps) + 1; }

}  // namespace

bool FunnelWalkEvent::takes_part() const {
  return std::all_of(held.begin(), held.end(), [](const auto& value) { return value.has_value(); });
}

FunnelTrace::FunnelTrace(const FunnelQuestion& question, std::vector<FunnelWalkEvent> events)
    : question_(question) {
  for (const FunnelStepQuestion& step : question.steps) {
    conditions_.push_back(ConditionCount(step.filter.proto));
  }
  std::sort(events.begin(), events.end(), [&](const FunnelWalkEvent& a, const FunnelWalkEvent& b) {
    return std::make_tuple(a.time, RankOf(StepsOf(a)), a.producer_no, a.sequence) <
           std::make_tuple(b.time, RankOf(StepsOf(b)), b.producer_no, b.sequence);
  });
  events_ = std::move(events);
  for (const FunnelWalkEvent& event : events_) {
    steps_.push_back(StepsOf(event));
    exclusions_.push_back(ExclusionsOf(event, steps_.back()));
  }
  notes_.resize(events_.size());
}

// Among events of the same time. What is no step sorts before the steps.
int FunnelTrace::RankOf(uint32_t steps) const {
  if (question_.order == v1::FUNNEL_ORDER_STRICT || steps == 0) return 0;
  return question_.ties == v1::FUNNEL_TIES_BY_EVENT_ORDER ? 1 : LowestStep(steps);
}

uint32_t FunnelTrace::StepsOf(const FunnelWalkEvent& event) const {
  if (question_.order != v1::FUNNEL_ORDER_UNORDERED || event.steps == 0) return event.steps;
  int best = -1;
  for (int i = 0; i < question_.step_count(); ++i) {
    if ((event.steps >> i & 1) == 0) continue;
    if (best < 0 || conditions_[i] > conditions_[best]) best = i;
  }
  return uint32_t{1} << best;
}

uint32_t FunnelTrace::ExclusionsOf(const FunnelWalkEvent& event, uint32_t steps) const {
  uint32_t exclusions = 0;
  for (size_t i = 0; i < question_.exclusions.size(); ++i) {
    const FunnelExclusionQuestion& exclusion = question_.exclusions[i];
    // UNORDERED: any step can be there.
    const uint32_t between = question_.order == v1::FUNNEL_ORDER_UNORDERED
                                 ? ~uint32_t{0}
                                 : StepBits(exclusion.from_step, exclusion.to_step);
    if ((steps & between) == 0) exclusions |= event.exclusions & uint32_t{1} << i;
  }
  return exclusions;
}

bool FunnelTrace::is_entry(int place) const {
  const bool enters = question_.order == v1::FUNNEL_ORDER_UNORDERED ? steps(place) != 0 : steps(place) & 1;
  return enters && time(place) >= question_.scope.start && time(place) < question_.scope.end;
}

std::map<std::vector<std::optional<std::string>>, std::vector<int>> FunnelTrace::Groups() const {
  std::map<std::vector<std::optional<std::string>>, std::vector<int>> groups;
  for (size_t i = 0; i < events_.size(); ++i) {
    if (events_[i].takes_part()) groups[events_[i].held].push_back(static_cast<int>(i));
  }
  return groups;
}

bool FunnelTrace::IsBetterStart(const FunnelAttempt& a, const FunnelAttempt& b) const {
  if (time(a[0]) != time(b[0])) return time(a[0]) > time(b[0]);
  for (size_t i = 1; i < a.size(); ++i) {
    if (time(a[i]) != time(b[i])) return time(a[i]) < time(b[i]);
  }
  return a[0] != b[0] ? a[0] > b[0] : a < b;
}

bool FunnelTrace::IsTimedRatherThan(const FunnelAttempt& a, const FunnelAttempt& b) const {
  if (a.size() != b.size()) return a.size() > b.size();
  if (time(a.back()) != time(b.back())) return time(a.back()) < time(b.back());
  // Places come last, the end's among them first, so times alone are compared before.
  const auto same_time = [&](int one, int other) { return time(one) == time(other); };
  if (!std::equal(a.begin(), a.end(), b.begin(), same_time)) return IsBetterStart(a, b);
  return a.back() != b.back() ? a.back() < b.back() : IsBetterStart(a, b);
}

void FunnelTrace::Offer(const FunnelAttempt& attempt) {
  if (best_.empty() || IsTimedRatherThan(attempt, best_)) best_ = attempt;
}

FunnelEventVerdict FunnelTrace::VerdictOf(int place) const {
  const FunnelEventNotes& notes = notes_[place];
  const bool strict = question_.order == v1::FUNNEL_ORDER_STRICT;
  const auto verdict = [](v1::FunnelEventRole role, const FunnelNote& note) {
    return FunnelEventVerdict{role, note.step, note.entry, note.cause, 0};
  };
  if (!events_[place].takes_part()) return {v1::FUNNEL_EVENT_ROLE_WITHOUT_HELD_VALUE};
  if (notes.in_attempt.is_set()) return verdict(v1::FUNNEL_EVENT_ROLE_OTHER_ATTEMPT, notes.in_attempt);
  if (notes.excluded.is_set()) return verdict(v1::FUNNEL_EVENT_ROLE_EXCLUDED, notes.excluded);
  if (notes.blocked.is_set()) return verdict(v1::FUNNEL_EVENT_ROLE_BLOCKED_BY_EXCLUSION, notes.blocked);
  if (notes.late.is_set()) return verdict(v1::FUNNEL_EVENT_ROLE_TOO_LATE, notes.late);
  if (notes.interrupted.is_set()) return verdict(v1::FUNNEL_EVENT_ROLE_INTERRUPTED, notes.interrupted);
  const uint32_t steps = steps_[place];
  if (steps == 0) {
    return {strict ? v1::FUNNEL_EVENT_ROLE_NOT_A_STEP : v1::FUNNEL_EVENT_ROLE_EXCLUSION_WITHOUT_EFFECT};
  }
  // All else that enters is an attempt already.
  if (question_.order == v1::FUNNEL_ORDER_UNORDERED || (steps & 1) != 0) {
    return {v1::FUNNEL_EVENT_ROLE_OUTSIDE_INTERVAL, 1};
  }
  return {v1::FUNNEL_EVENT_ROLE_OUT_OF_ORDER, LowestStep(steps), -1, -1, notes.missing_step};
}

bool FunnelTrace::StillOpen() const {
  const absl::Time as_of = question_.scope.as_of;
  if (static_cast<int>(best_.size()) == question_.step_count()) return false;
  if (question_.all_steps() && question_.scope.end <= as_of) return false;
  for (size_t i = 0; i < events_.size(); ++i) {
    const int place = static_cast<int>(i);
    if (events_[i].takes_part() && is_entry(place) && time(place) + question_.window > as_of) return true;
  }
  return false;
}

FunnelWalk FunnelTrace::Finish() && {
  FunnelWalk walk;
  for (size_t i = 0; i < events_.size(); ++i) walk.verdicts.push_back(VerdictOf(static_cast<int>(i)));
  for (size_t i = 0; i < best_.size(); ++i) {
    walk.verdicts[best_[i]] = {i == 0 ? v1::FUNNEL_EVENT_ROLE_ENTERED : v1::FUNNEL_EVENT_ROLE_ADVANCED,
                               static_cast<int>(i) + 1, best_[0]};
  }
  walk.still_open = StillOpen();
  walk.events = std::move(events_);
  walk.attempt = std::move(best_);
  return walk;
}

FunnelWalk WalkFunnel(const FunnelQuestion& question, std::vector<FunnelWalkEvent> events) {
  FunnelTrace trace(question, std::move(events));
  switch (question.order) {
    case v1::FUNNEL_ORDER_STRICT:
      WalkStrict(trace);
      break;
    case v1::FUNNEL_ORDER_UNORDERED:
      WalkUnordered(trace);
      break;
    default:
      WalkOrdered(trace);
  }
  return std::move(trace).Finish();
}

}  // namespace donut::query
