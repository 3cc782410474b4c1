#include "query_service/metrics/retention/retention_actors_fold.h"

#include <optional>
#include <vector>

#include "gtest/gtest.h"
#include "tests/query_service/made_actor.h"

namespace donut::testing {
namespace {

using query::RetentionActorsFold;
using query::RetentionCellFrame;

// Of masks.
constexpr uint32_t kStarts = 1;
constexpr uint32_t kReturns = 2;

// The cohort [10, 20), seen in [20, 30).
RetentionCellFrame NextPeriod() {
  RetentionCellFrame frame;
  frame.start_from_us = 10;
  frame.start_to_us = 20;
  frame.return_from_us = 20;
  frame.return_to_us = 30;
  return frame;
}

RetentionActorsFold ActorsFoldOf(const RetentionCellFrame& frame, const std::vector<MadeActor>& actors) {
  RetentionActorsFold fold(frame);
  for (const MadeActor& actor : actors) fold.Add(actor.events());
  return fold;
}

std::vector<MadeActor> CellActors() {
  return {MadeActor({{12, kStarts}, {19, kReturns}, {21, kReturns}, {22, kReturns}}, 1),
          MadeActor({{13, kStarts | kReturns}, {30, kReturns}}, 2),
          MadeActor({{9, kStarts}, {12, kStarts}, {25, kReturns}}, 3),
          MadeActor({{15, kReturns}, {20, kStarts}, {25, kReturns}}, 4)};
}

TEST(RetentionActorsFoldTest, FindsTheFirstReturnThatTheCellCounts) {
  RetentionCellFrame frame = NextPeriod();
  frame.is_retained = true;
  const RetentionActorsFold fold = ActorsFoldOf(frame, CellActors());
  ASSERT_EQ(fold.members().size(), 1u);
  EXPECT_EQ(fold.members()[0].user_id, 1);
  EXPECT_EQ(fold.members()[0].start_us, 12);
  EXPECT_EQ(fold.members()[0].return_us, std::optional<int64_t>(21));
}

TEST(RetentionActorsFoldTest, FindsThoseWhoDidNotReturnAndTheWholeCohort) {
  RetentionCellFrame frame = NextPeriod();
  frame.is_retained = false;
  const RetentionActorsFold lost = ActorsFoldOf(frame, CellActors());
  ASSERT_EQ(lost.members().size(), 1u);
  EXPECT_EQ(lost.members()[0].user_id, 2);
  EXPECT_EQ(lost.members()[0].return_us, std::nullopt);
  frame.is_retained.reset();
  EXPECT_EQ(ActorsFoldOf(frame, CellActors()).members().size(), 2u);
}

TEST(RetentionActorsFoldTest, RollingCellBeginsAndEndsAfterTheActorsOwnStart) {
  RetentionCellFrame frame = NextPeriod();
  frame.since_us = 10;
  frame.until_us = 12;
  frame.is_retained = true;
  const RetentionActorsFold fold =
      ActorsFoldOf(frame, {MadeActor({{12, kStarts}, {21, kReturns}, {22, kReturns}}, 1),
                           MadeActor({{12, kStarts}, {21, kReturns}, {24, kReturns}}, 2)});
  ASSERT_EQ(fold.members().size(), 1u);
  EXPECT_EQ(fold.members()[0].user_id, 1);
  EXPECT_EQ(fold.members()[0].return_us, std::optional<int64_t>(22));
}

TEST(RetentionActorsFoldTest, MergedFoldsHaveTheActorsOfBoth) {
  RetentionActorsFold fold = ActorsFoldOf(NextPeriod(), CellActors());
  fold.Merge(ActorsFoldOf(NextPeriod(), {MadeActor({{11, kStarts}}, 9)}));
  EXPECT_EQ(fold.members().size(), 3u);
}

}  // namespace
}  // namespace donut::testing
