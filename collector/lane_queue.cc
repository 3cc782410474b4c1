#include "collector/lane_queue.h"

#include <algorithm>
#include <iterator>

namespace donut::collector {
namespace {

int64_t EventsOf(const WaitingPiece& waiting) {
  return static_cast<int64_t>(waiting.piece.batch.events.size() + waiting.piece.batch.rejected.size());
}

}  // namespace

void LaneQueue::Add(WaitingPiece piece) {
  bytes_ += piece.bytes;
  events_ += EventsOf(piece);
  pieces_.push_back(std::move(piece));
}

LaneQueue::Next LaneQueue::Decide(absl::Time now, bool hurry, absl::Duration& wait) const {
  const bool hellos_have_turn = pieces_.empty() || hellos_in_a_row_ < limits_.max_hellos_in_a_row;
  if (!hellos_.empty() && hellos_have_turn) return Next::kHello;
  wait = absl::InfiniteDuration();
  if (pieces_.empty()) return Next::kWait;
  if (hurry || !hellos_.empty() || bytes_ >= limits_.max_bytes || events_ >= limits_.max_events)
    return Next::kGroup;
  const absl::Duration passed = now - last_group_;
  // A clock that stepped back must not hold a group.
  if (passed >= limits_.min_interval || passed < absl::ZeroDuration()) return Next::kGroup;
  wait = limits_.min_interval - passed;
  return Next::kWait;
}

WaitingHello LaneQueue::TakeHello() {
  ++hellos_in_a_row_;
  WaitingHello hello = std::move(hellos_.front());
  hellos_.pop_front();
  return hello;
}

std::vector<WaitingPiece> LaneQueue::TakeGroup(absl::Time now) {
  last_group_ = now;
  hellos_in_a_row_ = 0;
  std::vector<WaitingPiece> group;
  size_t bytes = 0;
  int64_t events = 0;
  while (!pieces_.empty() && bytes < limits_.max_bytes && events < limits_.max_events) {
    bytes += pieces_.front().bytes;
    events += EventsOf(pieces_.front());
    group.push_back(std::move(pieces_.front()));
    pieces_.pop_front();
  }
  bytes_ -= bytes;
  events_ -= events;
  return group;
}

std::vector<WaitingHello> LaneQueue::TakeHellos() {
  std::vector<WaitingHello> taken(std::make_move_iterator(hellos_.begin()),
                                  std::make_move_iterator(hellos_.end()));
  hellos_.clear();
  return taken;
}

std::vector<WaitingPiece> LaneQueue::TakeUnary() {
  const auto unary = std::stable_partition(pieces_.begin(), pieces_.end(),
                                           [](const WaitingPiece& waiting) { return !waiting.piece.unary; });
  std::vector<WaitingPiece> taken(std::make_move_iterator(unary), std::make_move_iterator(pieces_.end()));
  pieces_.erase(unary, pieces_.end());
  for (const WaitingPiece& waiting : taken) {
    bytes_ -= waiting.bytes;
    events_ -= EventsOf(waiting);
  }
  return taken;
}

}  // namespace donut::collector
