#include "query_service/verification_choice.h"

#include "gtest/gtest.h"
#include "tests/support/random_seed.h"

namespace donut::query {
namespace {

int DrawnOf(int answers, double share) {
  VerificationChoice choice(share, testing::RandomSeed());
  int drawn = 0;
  for (int i = 0; i < answers; ++i) drawn += choice.Draw() ? 1 : 0;
  return drawn;
}

TEST(VerificationChoiceTest, DrawsTheShareThatItIsGiven) {
  EXPECT_EQ(DrawnOf(1000, 0), 0);
  EXPECT_EQ(DrawnOf(1000, 1), 1000);
  // Ten standard deviations.
  EXPECT_NEAR(DrawnOf(100'000, 0.01), 1000, 315);
}

TEST(VerificationChoiceTest, HasOneAtWorkAtATime) {
  VerificationChoice choice(1, 1);
  EXPECT_TRUE(choice.Take(false));
  EXPECT_FALSE(choice.Take(false));
  choice.Done();
  EXPECT_TRUE(choice.Take(false));
}

TEST(VerificationChoiceTest, LeavesTheDatabaseToCallersThatWait) {
  VerificationChoice choice(1, 1);
  EXPECT_FALSE(choice.Take(true));
  EXPECT_FALSE(choice.is_at_work());
  EXPECT_TRUE(choice.Take(false));
}

TEST(VerificationChoiceTest, DividesAllUsersAmongTheRanges) {
  EXPECT_EQ(UserRangeOf(0).first, std::numeric_limits<int64_t>::min());
  EXPECT_EQ(UserRangeOf(kUserRanges - 1).last, std::numeric_limits<int64_t>::max());
  for (int i = 1; i < kUserRanges; ++i) {
    EXPECT_EQ(UserRangeOf(i).first, UserRangeOf(i - 1).last + 1) << i;
    EXPECT_FALSE(UserRangeOf(i).empty());
  }
}

TEST(VerificationChoiceTest, DrawsEveryRange) {
  VerificationChoice choice(1, 1);
  std::vector<bool> drawn(kUserRanges, false);
  for (int i = 0; i < 10'000; ++i) drawn.at(static_cast<size_t>(choice.DrawUsers())) = true;
  EXPECT_EQ(std::count(drawn.begin(), drawn.end(), true), kUserRanges);
}

}  // namespace
}  // namespace donut::query
