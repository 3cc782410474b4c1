#include "client_lib/poison_search.h"

#include "gtest/gtest.h"

namespace donut {
namespace {

using Verdict = PoisonSearch::Verdict;

const absl::Status kBroken = absl::InvalidArgumentError("does not parse");

TEST(PoisonSearchTest, SuspectsAfterThreeFailuresAtTheSameNumber) {
  PoisonSearch search(1'000);
  EXPECT_EQ(search.OnFailure(kBroken, 1, 101), Verdict::kNone);
  EXPECT_EQ(search.OnFailure(kBroken, 1, 101), Verdict::kNone);
  EXPECT_FALSE(search.searching());
  EXPECT_EQ(search.OnFailure(kBroken, 1, 101), Verdict::kNarrower);
  EXPECT_TRUE(search.searching());
  EXPECT_EQ(search.batch_events(), 50);
  EXPECT_EQ(search.OnFailure(kBroken, 1, 51), Verdict::kNarrower);
  EXPECT_EQ(search.batch_events(), 25);
}

TEST(PoisonSearchTest, BlamesAnEventOnlyWhenItWasAloneThreeTimes) {
  PoisonSearch search(1'000);
  EXPECT_EQ(search.OnFailure(kBroken, 7, 8), Verdict::kNone);
  EXPECT_EQ(search.OnFailure(kBroken, 7, 8), Verdict::kNone);
  EXPECT_EQ(search.OnFailure(kBroken, 7, 8), Verdict::kFirstIsIt);
}

TEST(PoisonSearchTest, StartsToCountAnewWhereSomethingWasDecided) {
  PoisonSearch search(1'000);
  for (int64_t first = 1; first < 20; ++first) {
    EXPECT_EQ(search.OnFailure(kBroken, first, first + 10), Verdict::kNone);
    EXPECT_EQ(search.OnFailure(kBroken, first, first + 10), Verdict::kNone);
  }
}

TEST(PoisonSearchTest, DoesNotBlameMessagesForTheNetworkOrForNothingSent) {
  PoisonSearch search(1'000);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(search.OnFailure(absl::UnavailableError("refused"), 1, 2), Verdict::kNone);
    EXPECT_EQ(search.OnFailure(kBroken, 1, 1), Verdict::kNone);
  }
}

TEST(PoisonSearchTest, TrustsAgainBehindTheLastSuspect) {
  PoisonSearch search(1'000);
  for (int i = 0; i < 3; ++i) search.OnFailure(kBroken, 1, 101);
  search.OnDecided(100);
  EXPECT_TRUE(search.searching());
  search.OnDecided(101);
  EXPECT_FALSE(search.searching());
  EXPECT_EQ(search.batch_events(), 1'000);
}

}  // namespace
}  // namespace donut
