#include "collector/lane_queue.h"

#include "gtest/gtest.h"
#include "tests/collector/build_event.h"

namespace donut::collector {
namespace {

using testing::kNoon;
using Next = LaneQueue::Next;

WaitingPiece Piece(size_t bytes, int events, bool unary = false) {
  WaitingPiece waiting;
  waiting.bytes = bytes;
  waiting.piece.unary = unary;
  waiting.piece.batch.events.resize(static_cast<size_t>(events));
  return waiting;
}

class LaneQueueTest : public ::testing::Test {
 protected:
  LaneQueueTest() : queue_({.max_bytes = 1'000, .max_events = 10, .min_interval = absl::Milliseconds(3)}) {}
  // A group was taken just now.
  void MakeBusy() {
    queue_.Add(Piece(10, 1));
    queue_.TakeGroup(kNoon);
  }
  Next Decide(absl::Time now = kNoon, bool hurry = false) { return queue_.Decide(now, hurry, wait_); }

  LaneQueue queue_;
  absl::Duration wait_;
};

TEST_F(LaneQueueTest, WaitsForEverWhenEmpty) {
  EXPECT_EQ(Decide(), Next::kWait);
  EXPECT_EQ(wait_, absl::InfiniteDuration());
}

TEST_F(LaneQueueTest, TakesALonePieceAtOnce) {
  queue_.Add(Piece(10, 1));
  EXPECT_EQ(Decide(), Next::kGroup);
}

TEST_F(LaneQueueTest, GathersWhileGroupsFollowEachOther) {
  MakeBusy();
  queue_.Add(Piece(10, 1));
  EXPECT_EQ(Decide(kNoon + absl::Milliseconds(1)), Next::kWait);
  EXPECT_EQ(wait_, absl::Milliseconds(2));
  EXPECT_EQ(Decide(kNoon + absl::Milliseconds(3)), Next::kGroup);
}

TEST_F(LaneQueueTest, DoesNotWaitWhenLargeEnoughOrInAHurry) {
  MakeBusy();
  queue_.Add(Piece(10, 1));
  EXPECT_EQ(Decide(kNoon, true), Next::kGroup);
  queue_.Add(Piece(990, 1));
  EXPECT_EQ(Decide(), Next::kGroup);
}

TEST_F(LaneQueueTest, CountsEvents) {
  MakeBusy();
  queue_.Add(Piece(1, 9));
  EXPECT_EQ(Decide(), Next::kWait);
  queue_.Add(Piece(1, 1));
  EXPECT_EQ(Decide(), Next::kGroup);
}

TEST_F(LaneQueueTest, IsNotHeldByAClockThatSteppedBack) {
  MakeBusy();
  queue_.Add(Piece(10, 1));
  EXPECT_EQ(Decide(kNoon - absl::Hours(1)), Next::kGroup);
}

TEST_F(LaneQueueTest, ServesHellosFirst) {
  queue_.Add(Piece(5'000, 1));
  queue_.Add(WaitingHello{});
  EXPECT_EQ(Decide(), Next::kHello);
  queue_.TakeHello();
  EXPECT_EQ(Decide(), Next::kGroup);
}

TEST_F(LaneQueueTest, LetsAGroupThroughAStormOfHellos) {
  MakeBusy();
  queue_.Add(Piece(10, 1));
  for (int i = 0; i < 100; ++i) queue_.Add(WaitingHello{});
  int hellos = 0;
  for (; Decide() == Next::kHello; ++hellos) queue_.TakeHello();
  EXPECT_EQ(hellos, GroupLimits().max_hellos_in_a_row);
  EXPECT_EQ(Decide(), Next::kGroup);
  queue_.TakeGroup(kNoon);
  EXPECT_EQ(Decide(), Next::kHello);
}

TEST_F(LaneQueueTest, TakesWhatFitsInOrderAndAtLeastOne) {
  queue_.Add(Piece(5'000, 1));
  queue_.Add(Piece(600, 2));
  queue_.Add(Piece(600, 3));
  queue_.Add(Piece(600, 4));
  EXPECT_EQ(queue_.TakeGroup(kNoon).size(), 1u);
  const auto group = queue_.TakeGroup(kNoon);
  ASSERT_EQ(group.size(), 2u);
  EXPECT_EQ(group[0].piece.batch.events.size(), 2u);
  EXPECT_EQ(queue_.TakeGroup(kNoon).size(), 1u);
  EXPECT_TRUE(queue_.empty());
}

TEST_F(LaneQueueTest, TakesUnaryPiecesOutAndKeepsTheOrderOfTheOthers) {
  MakeBusy();
  queue_.Add(Piece(1, 1));
  queue_.Add(Piece(900, 2, true));
  queue_.Add(Piece(1, 3));
  EXPECT_EQ(queue_.TakeUnary().size(), 1u);
  EXPECT_EQ(Decide(), Next::kWait);  // the bytes went along
  const auto group = queue_.TakeGroup(kNoon);
  ASSERT_EQ(group.size(), 2u);
  EXPECT_EQ(group[1].piece.batch.events.size(), 3u);
}

}  // namespace
}  // namespace donut::collector
