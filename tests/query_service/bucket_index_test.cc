#include "query_service/events/bucket_index.h"

#include <random>

#include "gtest/gtest.h"
#include "tests/support/random_seed.h"

namespace donut::testing {
namespace {

using query::BucketIndex;

constexpr int64_t kQuarter = history::kQuarterUs;

TEST(BucketIndexTest, CountsTheBoundsThatAreNotLater) {
  const BucketIndex index({0, kQuarter, kQuarter + 1, 4 * kQuarter});
  EXPECT_EQ(index.Find(-1), 0);
  EXPECT_EQ(index.Find(0), 1);
  EXPECT_EQ(index.Find(kQuarter - 1), 1);
  EXPECT_EQ(index.Find(kQuarter), 2);
  EXPECT_EQ(index.Find(kQuarter + 1), 3);
  EXPECT_EQ(index.Find(4 * kQuarter - 1), 3);
  EXPECT_EQ(index.Find(4 * kQuarter), 4);
  EXPECT_EQ(index.Find(int64_t{1} << 60), 4);
}

TEST(BucketIndexTest, KnowsBucketsOfNoLength) {
  const BucketIndex index({kQuarter, kQuarter, 2 * kQuarter});
  EXPECT_EQ(index.Find(kQuarter), 2);
}

TEST(BucketIndexTest, HasNoneWithoutBounds) { EXPECT_EQ(BucketIndex({}).Find(5), 0); }

TEST(BucketIndexTest, FindsWhatALinearSearchFinds) {
  std::mt19937_64 random(RandomSeed());
  for (int round = 0; round < 200; ++round) {
    std::vector<int64_t> bounds(random() % 12);
    // Some so far apart that the table does not reach them.
    const int64_t span = random() % 4 == 0 ? int64_t{3} << 60 : 40 * kQuarter;
    for (int64_t& bound : bounds) {
      bound = static_cast<int64_t>(random() % static_cast<uint64_t>(span)) - span / 2;
      if (random() % 2 == 0) bound -= bound % kQuarter;
    }
    std::sort(bounds.begin(), bounds.end());
    const BucketIndex index(bounds);
    for (int i = 0; i < 100; ++i) {
      int64_t time = static_cast<int64_t>(random() % static_cast<uint64_t>(span)) - span / 2;
      if (!bounds.empty() && random() % 2 == 0) {
        time = bounds[random() % bounds.size()] + static_cast<int64_t>(random() % 3) - 1;
      }
      int expected = 0;
      for (const int64_t bound : bounds) expected += bound <= time ? 1 : 0;
      ASSERT_EQ(index.Find(time), expected);
    }
  }
}

}  // namespace
}  // namespace donut::testing
