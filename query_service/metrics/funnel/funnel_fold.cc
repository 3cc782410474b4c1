#include "query_service/metrics/funnel/funnel_fold.h"

#include <utility>

namespace donut::query {

struct alignas(64) FunnelFold::State {
  State(const FunnelQuestion& question, const FunnelPlan& plan) : events(plan), trace(events) {
    if (!question.series) return;
    series.emplace(plan, *question.series, question.scope.start);
    if (plan.is_unordered()) trace.WantEntryLevels(&entry_levels);
  }

  std::vector<Actor> actors;
  std::vector<int64_t> times_us;
  std::optional<FunnelSeries> series;
  // Of the actor that is looked at.
  FunnelEvents events;
  FunnelTrace<false> trace;
  std::vector<int> entry_levels;
};

FunnelFold::FunnelFold(std::shared_ptr<const FunnelQuestion> question)
    : question_(std::move(question)),
      plan_(std::make_shared<const FunnelPlan>(*question_)),
      state_(std::make_unique<State>(*question_, *plan_)) {}

FunnelFold::FunnelFold(const FunnelFold& other)
    : question_(other.question_), plan_(other.plan_), state_(std::make_unique<State>(*question_, *plan_)) {
  Merge(other);
}

// Here, where the state is complete.
FunnelFold::FunnelFold(FunnelFold&&) noexcept = default;
FunnelFold::~FunnelFold() = default;

void FunnelFold::Add(const ActorEvents& actor) {
  State& state = *state_;
  state.events.Take(actor);
  state.trace.Restart();
  WalkInOrder(state.trace);
  const int level = state.trace.length();
  if (level == 0) return;
  state.actors.push_back({actor.user_id, actor.session_id, ValueOf(actor), level, state.trace.StillOpen()});
  for (int i = 0; i < level; ++i) {
    state.times_us.push_back(state.events.time_us(state.trace.timed()[static_cast<size_t>(i)]));
  }
  if (state.series) state.series->Add(state.events, state.entry_levels);
}

uint32_t FunnelFold::ValueOf(const ActorEvents& actor) const {
  if (question_->breakdown.empty()) return 0;
  const uint32_t* const values = actor.values[plan_->held_count];
  const auto at_step = [&](int step) -> uint32_t {
    if (step > state_->trace.length()) return kNotReached;
    return values[state_->events.actor_event(state_->trace.timed()[static_cast<size_t>(step) - 1])];
  };
  switch (question_->attribution) {
    case v1::FUNNEL_ATTRIBUTION_ENTRY:
      return at_step(1);
    case v1::FUNNEL_ATTRIBUTION_STEP:
      return at_step(question_->attribution_step);
    case v1::FUNNEL_ATTRIBUTION_FIRST_TOUCH:
    case v1::FUNNEL_ATTRIBUTION_LAST_TOUCH:
      return TouchedValue(actor);
    default:
      // By the user: all of its events have the same.
      return values[0];
  }
}

// In event order, whatever the ties of steps.
uint32_t FunnelFold::TouchedValue(const ActorEvents& actor) const {
  const uint32_t* const values = actor.values[plan_->held_count];
  const bool from_last = question_->attribution == v1::FUNNEL_ATTRIBUTION_LAST_TOUCH;
  for (uint32_t i = 0; i < actor.count; ++i) {
    const uint32_t event = from_last ? actor.count - 1 - i : i;
    bool touches = values[event] != 0 && (actor.mask[event] & plan_->step_bits) != 0;
    for (size_t held = 0; held < plan_->held_count; ++held) touches &= actor.values[held][event] != 0;
    if (touches) return values[event];
  }
  return 0;
}

void FunnelFold::Merge(const FunnelFold& other) {
  const State& from = *other.state_;
  state_->actors.insert(state_->actors.end(), from.actors.begin(), from.actors.end());
  state_->times_us.insert(state_->times_us.end(), from.times_us.begin(), from.times_us.end());
  if (state_->series) state_->series->Merge(*from.series);
}

const std::vector<FunnelFold::Actor>& FunnelFold::actors() const { return state_->actors; }
const std::vector<int64_t>& FunnelFold::times_us() const { return state_->times_us; }

std::vector<FunnelBucketCount> FunnelFold::buckets() const {
  return state_->series ? state_->series->buckets() : std::vector<FunnelBucketCount>();
}

}  // namespace donut::query
