#include "query_service/metrics/retention/retention_fold.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/query_service/made_actor.h"

namespace donut::testing {
namespace {

using query::RetentionFold;
using query::RetentionFrame;
using query::RetentionValuesFold;
using ::testing::ElementsAre;

// Of masks.
constexpr uint32_t kStart = 1;
constexpr uint32_t kReturn = 2;

// Cohorts at 0 and 10; periods of 10 up to 50. Segments: offset 0, 1, 2, and from 3 on.
RetentionFrame ByTens() {
  RetentionFrame frame({0, 10, 20, 30, 40, 50});
  frame.cohorts = 2;
  frame.boundaries = {1, 2, 3};
  frame.asked_offsets = {1, 2};
  for (int64_t offset = 0; offset < 8; ++offset)
    frame.segment_of_offset.push_back(frame.SegmentSince(offset));
  return frame;
}

RetentionFold RetentionFoldOf(const RetentionFrame& frame, const std::vector<MadeActor>& actors) {
  RetentionFold fold(std::make_shared<const RetentionFrame>(frame), nullptr, 1);
  for (const MadeActor& actor : actors) fold.Add(actor.events());
  return fold;
}

std::vector<int64_t> SegmentActors(const RetentionFold& fold, size_t cohort, size_t row = 0) {
  return {fold.actors(row, cohort), fold.actors(row, cohort) + 4};
}

std::vector<std::string> SegmentSums(const RetentionFold& fold, size_t cohort) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < 4; ++i) texts.push_back(fold.sums(0, cohort)[i].ToText());
  return texts;
}

TEST(RetentionFoldTest, FirstTimeActorIsInTheCohortOfItsFirstStartAlone) {
  const RetentionFold fold = RetentionFoldOf(
      ByTens(), {MadeActor({{2, kStart}, {12, kStart | kReturn}, {25, kReturn}, {26, kReturn}, {31, kStart}}),
                 MadeActor({{12, kReturn}, {13, kStart}, {21, kReturn}})});
  EXPECT_THAT(SegmentActors(fold, 0), ElementsAre(1, 1, 1, 0));
  EXPECT_THAT(SegmentActors(fold, 1), ElementsAre(1, 1, 0, 0));
}

TEST(RetentionFoldTest, WhoStartedBeforeOrAfterAllCohortsIsInNone) {
  const RetentionFold fold =
      RetentionFoldOf(ByTens(), {MadeActor({{-5, kStart}, {3, kStart | kReturn}}), MadeActor({{21, kStart}}),
                                 MadeActor({{5, kReturn}, {12, kReturn}})});
  EXPECT_THAT(SegmentActors(fold, 0), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(SegmentActors(fold, 1), ElementsAre(0, 0, 0, 0));
}

TEST(RetentionFoldTest, OnOrAfterCountsAnActorInItsLastSegment) {
  RetentionFrame frame = ByTens();
  frame.mode = RetentionFrame::Mode::kOnOrAfter;
  const std::vector<MadeActor> actors = {MadeActor({{2, kStart}, {12, kReturn}, {95, kReturn}, {96, kStart}}),
                                         MadeActor({{3, kStart | kReturn}}),
                                         MadeActor({{3, kStart | kReturn}, {22, kReturn}})};
  EXPECT_THAT(SegmentActors(RetentionFoldOf(frame, actors), 0), ElementsAre(3, 0, 1, 1));
  frame.recurring = true;
  EXPECT_THAT(SegmentActors(RetentionFoldOf(frame, actors), 0), ElementsAre(3, 0, 1, 1));
}

TEST(RetentionFoldTest, RollingPeriodsBeginWithTheStart) {
  RetentionFrame frame = ByTens();
  frame.rolling = true;
  frame.boundaries = {10, 20, 30};
  const RetentionFold fold =
      RetentionFoldOf(frame, {MadeActor({{7, kStart | kReturn}, {16, kReturn}, {17, kReturn}, {36, kReturn}}),
                              MadeActor({{9, kStart}, {19, kReturn}})});
  EXPECT_THAT(SegmentActors(fold, 0), ElementsAre(2, 2, 1, 0));
}

TEST(RetentionFoldTest, RecurringActorIsInEveryCohortThatItStartsIn) {
  RetentionFrame frame = ByTens();
  frame.recurring = true;
  const std::vector<MadeActor> actors = {MadeActor(
      {{2, kStart}, {3, kStart}, {12, kStart | kReturn}, {21, kReturn}, {22, kReturn}, {23, kStart}})};
  const RetentionFold fold = RetentionFoldOf(frame, actors);
  EXPECT_THAT(SegmentActors(fold, 0), ElementsAre(1, 1, 1, 0));
  EXPECT_THAT(SegmentActors(fold, 1), ElementsAre(1, 1, 0, 0));
  // The same when there are fewer offsets than periods with returns.
  frame.asked_offsets = {1};
  EXPECT_EQ(RetentionFoldOf(frame, actors).actors(0, 0)[1], 1);
  EXPECT_EQ(RetentionFoldOf(frame, actors).actors(0, 1)[1], 1);
}

TEST(RetentionFoldTest, RecurringActorComesBackOncePerBracket) {
  RetentionFrame frame = ByTens();
  frame.recurring = true;
  frame.mode = RetentionFrame::Mode::kBracket;
  frame.boundaries = {1, 3, 5};
  frame.segment_of_offset.clear();
  for (int64_t offset = 0; offset < 8; ++offset)
    frame.segment_of_offset.push_back(frame.SegmentSince(offset));
  const RetentionFold fold =
      RetentionFoldOf(frame, {MadeActor({{2, kStart}, {12, kReturn}, {22, kReturn}, {45, kReturn}})});
  EXPECT_THAT(SegmentActors(fold, 0), ElementsAre(1, 1, 1, 0));
}

TEST(RetentionFoldTest, SumsWhatFollowsTheStartOrIsAtItsInstant) {
  query::ValueNames numbers;
  const uint32_t tenth = numbers.NumberOf("0.1");
  const uint32_t fifth = numbers.NumberOf("0.2");
  RetentionFrame frame = ByTens();
  frame.numbers = &numbers;
  const std::vector<MadeActor> actors = {MadeActor({{1, kReturn, {fifth}},
                                                    {2, kReturn, {tenth}},
                                                    {2, kStart | kReturn, {fifth}},
                                                    {3, kReturn, {0}},
                                                    {12, kReturn, {tenth}},
                                                    {13, kReturn, {fifth}},
                                                    {14, 0, {fifth}},
                                                    {44, kReturn, {tenth}}})};
  EXPECT_THAT(SegmentSums(RetentionFoldOf(frame, actors), 0), ElementsAre("0.3", "0.3", "0", "0.1"));
  frame.recurring = true;
  EXPECT_THAT(SegmentSums(RetentionFoldOf(frame, actors), 0), ElementsAre("0.3", "0.3", "0", "0.1"));
  frame.recurring = false;
  frame.mode = RetentionFrame::Mode::kOnOrAfter;
  EXPECT_THAT(SegmentSums(RetentionFoldOf(frame, actors), 0), ElementsAre("0.3", "0.3", "0", "0.1"));
}

TEST(RetentionFoldTest, RowIsThatOfTheStartEventsValue) {
  RetentionFrame frame = ByTens();
  frame.recurring = true;
  const auto shared = std::make_shared<const RetentionFrame>(frame);
  const auto row_of_value = std::make_shared<const std::vector<int>>(std::vector<int>{2, 0, 1});
  const MadeActor actor({{2, kReturn, {1}}, {3, kStart, {2}}, {4, kStart, {1}}, {12, kStart | kReturn, {0}}});
  RetentionFold fold(shared, row_of_value, 3);
  fold.Add(actor.events());
  EXPECT_THAT(SegmentActors(fold, 0, 0), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(SegmentActors(fold, 0, 1), ElementsAre(1, 1, 0, 0));
  EXPECT_THAT(SegmentActors(fold, 1, 2), ElementsAre(1, 0, 0, 0));
  RetentionValuesFold values(shared);
  values.Add(actor.events());
  RetentionValuesFold others(shared);
  others.Add(MadeActor({{5, kStart, {7}}, {22, kStart, {1}}}).events());
  values.Merge(others);
  ASSERT_GT(values.members().size(), 7u);
  EXPECT_EQ(values.members()[0], 1);
  EXPECT_EQ(values.members()[1], 0);
  EXPECT_EQ(values.members()[2], 1);
  EXPECT_EQ(values.members()[7], 1);
}

TEST(RetentionFoldTest, MergedFoldsAddUp) {
  query::ValueNames numbers;
  RetentionFrame frame = ByTens();
  frame.numbers = &numbers;
  const uint32_t price = numbers.NumberOf("12.50");
  RetentionFold one = RetentionFoldOf(frame, {MadeActor({{2, kStart, {0}}, {12, kReturn, {price}}})});
  one.Merge(RetentionFoldOf(frame, {MadeActor({{2, kStart, {0}}, {22, kReturn, {price}}})}));
  EXPECT_THAT(SegmentActors(one, 0), ElementsAre(2, 1, 1, 0));
  EXPECT_THAT(SegmentSums(one, 0), ElementsAre("0", "12.5", "12.5", "0"));
}

}  // namespace
}  // namespace donut::testing
