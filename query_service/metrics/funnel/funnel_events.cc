#include "query_service/metrics/funnel/funnel_events.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace donut::query {

void FunnelEvents::Take(const ActorEvents& actor) {
  actor_ = &actor;
  order_.clear();
  places_.clear();
  has_ties_ = !plan_.is_strict() && FindTies();
  if (has_ties_) SortTies();
  size_ = actor.count;
  group_ends_.assign(1, size_);
  const bool is_one_group = AllHaveTheSameHeld();
  if (!is_one_group) Group();
  const bool as_they_are = !has_ties_ && is_one_group && plan_.exclusions.empty();
  time_us_ = actor.time_us;
  steps_ = actor.mask;
  // Without an exclusion, a mask has no other bits than those of steps.
  if (as_they_are && !plan_.is_unordered()) return;
  own_time_us_.resize(size_);
  own_steps_.resize(size_);
  own_exclusions_.resize(size_);
  for (uint32_t i = 0; i < size_; ++i) {
    const uint32_t from = actor_event(i);
    own_time_us_[i] = actor.time_us[from];
    own_steps_[i] = plan_.StepsOf(actor.mask[from]);
    own_exclusions_[i] = plan_.ExclusionsOf(actor.mask[from], own_steps_[i]);
  }
  time_us_ = own_time_us_.data();
  steps_ = own_steps_.data();
  exclusions_ = own_exclusions_.data();
}

bool FunnelEvents::FindTies() const {
  bool ties = false;
  for (uint32_t i = 1; i < actor_->count; ++i) ties |= actor_->time_us[i] == actor_->time_us[i - 1];
  return ties;
}

void FunnelEvents::SortTies() {
  order_.resize(actor_->count);
  std::iota(order_.begin(), order_.end(), 0);
  const auto rank = [this](uint32_t event) { return plan_.RankOf(plan_.StepsOf(actor_->mask[event])); };
  for (uint32_t begin = 0, end = 0; begin < actor_->count; begin = end) {
    while (end < actor_->count && actor_->time_us[end] == actor_->time_us[begin]) ++end;
    if (end - begin == 1) continue;
    std::sort(order_.begin() + begin, order_.begin() + end, [&](uint32_t a, uint32_t b) {
      const int one = rank(a);
      const int other = rank(b);
      return one != other ? one < other : a < b;
    });
  }
}

bool FunnelEvents::AllHaveTheSameHeld() const {
  if (actor_->count == 0) return true;
  for (size_t i = 0; i < plan_.held_count; ++i) {
    const uint32_t* const held = actor_->values[i];
    const uint32_t first = held[0];
    uint32_t others = 0;
    for (uint32_t event = 1; event < actor_->count; ++event) others |= held[event] ^ first;
    if (first == 0 || others != 0) return false;
  }
  return true;
}

void FunnelEvents::Group() {
  const auto held = [this](uint32_t place, size_t i) { return actor_->values[i][AtPlace(place)]; };
  for (uint32_t place = 0; place < actor_->count; ++place) {
    bool takes_part = true;
    for (size_t i = 0; i < plan_.held_count; ++i) takes_part &= held(place, i) != 0;
    if (takes_part) places_.push_back(place);
  }
  size_ = static_cast<uint32_t>(places_.size());
  group_ends_.assign(1, size_);
  // STRICT looks at neighbours, whatever their values.
  if (plan_.is_strict() || size_ == 0) return;
  std::sort(places_.begin(), places_.end(), [&](uint32_t a, uint32_t b) {
    for (size_t i = 0; i < plan_.held_count; ++i) {
      if (held(a, i) != held(b, i)) return held(a, i) < held(b, i);
    }
    return a < b;
  });
  group_ends_.clear();
  for (uint32_t i = 1; i < size_; ++i) {
    if (!SameHeld(i - 1, i)) group_ends_.push_back(i);
  }
  group_ends_.push_back(size_);
}

bool FunnelEvents::SameHeld(uint32_t one, uint32_t other) const {
  for (size_t i = 0; i < plan_.held_count; ++i) {
    if (actor_->values[i][actor_event(one)] != actor_->values[i][actor_event(other)]) return false;
  }
  return true;
}

}  // namespace donut::query
