#include "query_service/metrics/funnel/funnel_walk.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "query_service/metrics/funnel/funnel_trace.h"

namespace donut::query {
namespace {

// The events as histories would give them. ActorEvents points into it.
struct WalkedActor {
  WalkedActor(const FunnelQuestion& question, const std::vector<FunnelWalkEvent>& in_event_order) {
    const auto exclusion_bits = (uint32_t{1} << question.exclusions.size()) - 1;
    std::map<std::string, uint32_t> numbers;
    values.resize(question.held.size());
    for (const FunnelWalkEvent& event : in_event_order) {
      time_us.push_back(absl::ToUnixMicros(event.time));
      mask.push_back(event.steps | (event.exclusions & exclusion_bits) << question.step_count());
      for (size_t i = 0; i < values.size(); ++i) {
        const auto next = static_cast<uint32_t>(numbers.size()) + 1;
        values[i].push_back(event.held[i] ? numbers.emplace(*event.held[i], next).first->second : 0);
      }
    }
    events.count = static_cast<uint32_t>(in_event_order.size());
    events.time_us = time_us.data();
    events.mask = mask.data();
    for (const std::vector<uint32_t>& of_property : values) events.values.push_back(of_property.data());
  }

  std::vector<int64_t> time_us;
  std::vector<uint32_t> mask;
  std::vector<std::vector<uint32_t>> values;
  ActorEvents events;
};

// Of an event that takes part.
FunnelEventVerdict VerdictOf(const FunnelEvents& events, uint32_t event, const FunnelEventNotes& notes) {
  const auto place = [&](uint32_t other) {
    return other == FunnelNote::kNone ? -1 : static_cast<int>(events.place(other));
  };
  const auto verdict = [&](v1::FunnelEventRole role, const FunnelNote& note) {
    return FunnelEventVerdict{role, note.step, place(note.entry), place(note.cause), 0};
  };
  if (notes.in_attempt.is_set()) return verdict(v1::FUNNEL_EVENT_ROLE_OTHER_ATTEMPT, notes.in_attempt);
  if (notes.excluded.is_set()) return verdict(v1::FUNNEL_EVENT_ROLE_EXCLUDED, notes.excluded);
  if (notes.blocked.is_set()) return verdict(v1::FUNNEL_EVENT_ROLE_BLOCKED_BY_EXCLUSION, notes.blocked);
  if (notes.late.is_set()) return verdict(v1::FUNNEL_EVENT_ROLE_TOO_LATE, notes.late);
  if (notes.interrupted.is_set()) return verdict(v1::FUNNEL_EVENT_ROLE_INTERRUPTED, notes.interrupted);
  const FunnelPlan& plan = events.plan();
  const uint32_t steps = events.steps(event);
  if (steps == 0) {
    return {plan.is_strict() ? v1::FUNNEL_EVENT_ROLE_NOT_A_STEP
                             : v1::FUNNEL_EVENT_ROLE_EXCLUSION_WITHOUT_EFFECT};
  }
  // All else that enters is an attempt already.
  if (plan.is_unordered() || (steps & 1) != 0) return {v1::FUNNEL_EVENT_ROLE_OUTSIDE_INTERVAL, 1};
  return {v1::FUNNEL_EVENT_ROLE_OUT_OF_ORDER, __builtin_ctz(steps) + 1, -1, -1, notes.missing_step};
}

FunnelWalk Told(const FunnelEvents& events, FunnelTrace<true>& trace,
                std::vector<FunnelWalkEvent> in_event_order) {
  FunnelWalk walk;
  for (uint32_t place = 0; place < in_event_order.size(); ++place) {
    walk.events.push_back(std::move(in_event_order[events.AtPlace(place)]));
  }
  walk.verdicts.assign(walk.events.size(), {v1::FUNNEL_EVENT_ROLE_WITHOUT_HELD_VALUE});
  for (uint32_t event = 0; event < events.size(); ++event) {
    walk.verdicts[events.place(event)] = VerdictOf(events, event, trace.notes(event));
  }
  for (int i = 0; i < trace.length(); ++i) {
    walk.attempt.push_back(static_cast<int>(events.place(trace.timed()[static_cast<size_t>(i)])));
    walk.verdicts[static_cast<size_t>(walk.attempt.back())] = {
        i == 0 ? v1::FUNNEL_EVENT_ROLE_ENTERED : v1::FUNNEL_EVENT_ROLE_ADVANCED, i + 1, walk.attempt[0]};
  }
  walk.still_open = trace.StillOpen();
  return walk;
}

}  // namespace

bool FunnelWalkEvent::takes_part() const {
  return std::all_of(held.begin(), held.end(), [](const auto& value) { return value.has_value(); });
}

FunnelWalk WalkFunnel(const FunnelQuestion& question, std::vector<FunnelWalkEvent> events) {
  std::sort(events.begin(), events.end(), [](const FunnelWalkEvent& a, const FunnelWalkEvent& b) {
    return std::tie(a.time, a.producer_no, a.sequence) < std::tie(b.time, b.producer_no, b.sequence);
  });
  const WalkedActor actor(question, events);
  const FunnelPlan plan(question);
  FunnelEvents walked(plan);
  walked.Take(actor.events);
  FunnelTrace<true> trace(walked);
  trace.Restart();
  WalkInOrder(trace);
  return Told(walked, trace, std::move(events));
}

}  // namespace donut::query
