// What waits in one lane, and what its thread does next: some Hellos first, then a group. An idle lane takes
// a lone piece at once; a busy one gathers, at least for GroupLimits::min_interval from group to group and in
// fact for as long as a commit takes, so that groups grow with the load. No thread, no clock; not
// thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/event_sink.h"
#include "collector/lane_chooser.h"

namespace donut::collector {

// A group is taken when any of these is reached, and holds little more.
struct GroupLimits {
  size_t max_bytes = 8 << 20;
  int64_t max_events = 20'000;
  // Before a group that waits: a storm of Hellos must not keep events out.
  int max_hellos_in_a_row = 8;
  // From one group to the next, unless it is full.
  absl::Duration min_interval = absl::Milliseconds(3);
};

struct WaitingHello {
  HelloClaim claim;
  std::function<void(absl::StatusOr<HelloAnswer>)> done;
  // Whether the stream that said it still waits; empty: always.
  std::function<bool()> still_wanted;
  LaneChooser::Pin pin = {};
};

struct WaitingPiece {
  StagedPiece piece;
  size_t bytes = 0;
  std::function<void(PieceResult)> done;
  absl::Time since;
  LaneChooser::Pin pin = {};
};

class LaneQueue {
 public:
  explicit LaneQueue(GroupLimits limits) : limits_(limits) {}

  void Add(WaitingHello hello) { hellos_.push_back(std::move(hello)); }
  void Add(WaitingPiece piece);

  bool empty() const { return hellos_.empty() && pieces_.empty(); }
  size_t hello_count() const { return hellos_.size(); }

  enum class Next { kHello, kGroup, kWait };
  // For kWait, `wait` is how long at most; forever when the lane is empty. `hurry`: no waiting for more.
  Next Decide(absl::Time now, bool hurry, absl::Duration& wait) const;

  WaitingHello TakeHello();
  // From the front, in order of arrival: at least one piece.
  std::vector<WaitingPiece> TakeGroup(absl::Time now);

  // What somebody waits for and the database cannot do now: Hellos and unary pieces.
  std::vector<WaitingHello> TakeHellos();
  std::vector<WaitingPiece> TakeUnary();

 private:
  const GroupLimits limits_;
  int hellos_in_a_row_ = 0;  // since the last group
  std::deque<WaitingHello> hellos_;
  std::deque<WaitingPiece> pieces_;
  size_t bytes_ = 0;
  int64_t events_ = 0;
  absl::Time last_group_ = absl::InfinitePast();
};

}  // namespace donut::collector
