#include "compactor/compaction_plan.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace donut::compactor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::Duration kNow = absl::ZeroDuration();

Waiting Fresh(int64_t rows, int64_t events, absl::Duration oldest, absl::Duration newest) {
  Waiting waiting;
  waiting.rows = rows;
  waiting.events = events;
  waiting.oldest_age = oldest;
  waiting.newest_age = newest;
  return waiting;
}

Slice Of(int64_t events, absl::Duration age = absl::Hours(1)) {
  static int count = 0;
  return {absl::StrCat(++count), 0, events, 1, events * 9, age};
}

std::vector<int64_t> EventsIn(const std::vector<Slice>& slices) {
  std::vector<int64_t> events;
  for (const Slice& slice : slices) events.push_back(slice.events);
  return events;
}

TEST(IsDueToPackTest, AShareOfTheMonthIsDueAtOnce) {
  const PlanOptions options;
  const std::vector<Slice> month = {Of(4'700'000)};
  EXPECT_TRUE(IsDueToPack(Fresh(10, 80'000, kNow, kNow), month, options));
  EXPECT_FALSE(IsDueToPack(Fresh(10, 70'000, kNow, kNow), month, options));
  EXPECT_TRUE(IsDueToPack(Fresh(3, 4'096, kNow, kNow), {}, options)) << "the least share";
  EXPECT_FALSE(IsDueToPack(Fresh(3, 4'095, kNow, kNow), {}, options));
}

TEST(IsDueToPackTest, FourThousandRowsAreDueHoweverFewEvents) {
  EXPECT_TRUE(IsDueToPack(Fresh(4'000, 4'000, kNow, kNow), {Of(1'000'000'000)}, {}));
}

TEST(IsDueToPackTest, WhatIsQuietIsDueWithinThirtySeconds) {
  const auto after = [](absl::Duration quiet, int64_t events) {
    return IsDueToPack(Fresh(1, events, absl::Minutes(2), quiet), {Of(4'700'000)}, {});
  };
  EXPECT_FALSE(after(absl::Seconds(1), 2'000));
  EXPECT_TRUE(after(absl::Seconds(25), 2'000));
  EXPECT_TRUE(after(absl::Seconds(25), 1));
}

TEST(IsDueToPackTest, LoneEventsAreNotPackedAloneForEver) {
  std::vector<Slice> slices = {Of(4'700'000)};
  for (int i = 0; i < 8; ++i) slices.push_back(Of(1, absl::Minutes(30)));
  EXPECT_FALSE(IsDueToPack(Fresh(1, 1, absl::Minutes(1), absl::Minutes(1)), slices, {}));
  EXPECT_TRUE(IsDueToPack(Fresh(1, 1'000, absl::Minutes(1), absl::Minutes(1)), slices, {}));
  EXPECT_TRUE(IsDueToPack(Fresh(60, 60, absl::Hours(1), absl::Minutes(1)), slices, {}));
}

TEST(SlicesToMergeTest, SixteenOfOneSizeBecomeOne) {
  std::vector<Slice> slices = {Of(100'000)};
  for (int i = 0; i < 15; ++i) slices.push_back(Of(1'000 + i));
  EXPECT_THAT(SlicesToMerge(slices, false, {}), IsEmpty());
  slices.push_back(Of(1'100));
  const std::vector<Slice> chosen = SlicesToMerge(slices, false, {});
  EXPECT_THAT(chosen, SizeIs(16));
  EXPECT_EQ(chosen.back().events, 1'100) << "not the large one";
}

TEST(SlicesToMergeTest, MoreThanThirtyOfDifferentSizesBecomeFewer) {
  std::vector<Slice> slices;
  for (int64_t size = 1; slices.size() < 31; size *= 16) {
    for (int i = 0; i < 5 && slices.size() < 31; ++i) slices.push_back(Of(size));
  }
  EXPECT_THAT(SlicesToMerge(slices, false, {}), SizeIs(16));
  slices.pop_back();
  EXPECT_THAT(SlicesToMerge(slices, false, {}), IsEmpty());
}

TEST(SlicesToMergeTest, AMonthThatIsOverBecomesOneOnceItRests) {
  EXPECT_THAT(SlicesToMerge({Of(1'000, absl::Seconds(5)), Of(500)}, true, {}), IsEmpty());
  EXPECT_THAT(EventsIn(SlicesToMerge({Of(1'000, absl::Seconds(25)), Of(500)}, true, {})),
              ElementsAre(500, 1'000));
  EXPECT_THAT(SlicesToMerge({Of(1'000), Of(500)}, false, {}), IsEmpty()) << "not while it goes on";
  EXPECT_THAT(SlicesToMerge({Of(1'000)}, true, {}), IsEmpty());
}

TEST(SlicesToMergeTest, OneLateEventDoesNotRewriteTheMonthAtOnce) {
  EXPECT_THAT(SlicesToMerge({Of(5'000'000), Of(1, absl::Hours(23))}, true, {}), IsEmpty());
  EXPECT_THAT(SlicesToMerge({Of(5'000'000, absl::Hours(500)), Of(1, absl::Hours(24))}, true, {}), SizeIs(2));
  EXPECT_THAT(SlicesToMerge({Of(5'000'000), Of(50'000, absl::Minutes(3))}, true, {}), SizeIs(2));
}

}  // namespace
}  // namespace donut::compactor
