#include "compactor/user_ranges.h"

#include <random>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/random_seed.h"

namespace donut::compactor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(UserRangesTest, WhatFitsIsOneRange) {
  const auto ranges = DivideByUsers({{-5, 10, 1}, {3, 20, 1}, {4, 4, 1}}, 3);
  ASSERT_THAT(ranges, SizeIs(1));
  EXPECT_THAT(ranges[0].blocks, ElementsAre(0, 1, 2));
  EXPECT_TRUE(ranges[0].Has(-5));
  EXPECT_TRUE(ranges[0].Has(20));
  EXPECT_THAT(DivideByUsers({}, 3), IsEmpty());
}

TEST(UserRangesTest, ABlockThatReachesIntoTwoIsInBoth) {
  const auto ranges = DivideByUsers({{0, 10, 1}, {5, 30, 1}, {11, 20, 1}}, 2);
  ASSERT_THAT(ranges, SizeIs(2));
  EXPECT_THAT(ranges[0].blocks, ElementsAre(0, 1));
  EXPECT_THAT(ranges[1].blocks, ElementsAre(1, 2));
  EXPECT_EQ(ranges[0].last_user, 10);
  EXPECT_EQ(ranges[1].first_user, 11);
}

TEST(UserRangesTest, OneUserOfManyBlocksIsOneRangeOfSeveralPortions) {
  const std::vector<UserSpan> spans = {{7, 7, 2}, {7, 7, 2}, {7, 7, 2}};
  const auto ranges = DivideByUsers(spans, 4);
  ASSERT_THAT(ranges, SizeIs(1));
  EXPECT_THAT(Portions(ranges[0], spans, 4), ElementsAre(ElementsAre(0, 1), ElementsAre(2)));
}

TEST(UserRangesTest, EveryUserOfEveryBlockIsInOneRangeThatHasTheBlock) {
  const uint64_t seed = ::donut::testing::RandomSeed();
  std::mt19937_64 random(seed);
  const auto below = [&random](int64_t bound) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(bound));
  };
  for (int trial = 0; trial < 500; ++trial) {
    std::vector<UserSpan> spans;
    for (int64_t i = below(12); i >= 0; --i) {
      const int64_t first = below(40) - 20;
      spans.push_back({first, first + below(15), static_cast<size_t>(1 + below(4))});
    }
    std::sort(spans.begin(), spans.end(),
              [](const UserSpan& one, const UserSpan& other) { return one.first_user < other.first_user; });
    const auto ranges = DivideByUsers(spans, static_cast<size_t>(1 + below(10)));
    for (size_t place = 0; place < spans.size(); ++place) {
      for (int64_t user = spans[place].first_user; user <= spans[place].last_user; ++user) {
        int found = 0;
        for (const UserRange& range : ranges) {
          if (!range.Has(user)) continue;
          ++found;
          EXPECT_THAT(range.blocks, ::testing::Contains(place)) << "seed " << seed;
        }
        EXPECT_EQ(found, 1) << "seed " << seed;
      }
    }
  }
}

}  // namespace
}  // namespace donut::compactor
