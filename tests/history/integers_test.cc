#include "history/integers.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/random_seed.h"

namespace donut::history {
namespace {

using donut::testing::RandomSeed;

constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

std::vector<int64_t> ValuesOf(const Integers& integers) {
  std::vector<int64_t> values(integers.size());
  for (size_t i = 0; i < values.size(); ++i) values[i] = integers.At(i);
  return values;
}

Integers PackedIntegers(const std::vector<int64_t>& values) {
  return Integers(std::span<const int64_t>(values));
}

TEST(IntegersTest, TakeAsFewBytesAsTheirRangeNeeds) {
  const auto width = [](const std::vector<int64_t>& values) {
    const Integers integers = PackedIntegers(values);
    EXPECT_EQ(ValuesOf(integers), values);
    EXPECT_EQ(integers.bytes().size(), values.size() * integers.width());
    return integers.width();
  };
  EXPECT_EQ(width({}), 0);
  EXPECT_EQ(width({5}), 0);
  EXPECT_EQ(width({5, 5, 5}), 0);
  EXPECT_EQ(width({5, 7, 9, 11}), 0);
  EXPECT_EQ(width({9, 6, 3, 0, -3}), 0);
  EXPECT_EQ(width({1, 2, 4}), 1);
  EXPECT_EQ(width({1000, 1255, 1000}), 1);
  EXPECT_EQ(width({1000, 1256, 1000}), 2);
  EXPECT_EQ(width({0, 65'535, 1}), 2);
  EXPECT_EQ(width({0, 65'536, 1}), 4);
  EXPECT_EQ(width({-1, 4'294'967'294, 0}), 4);
  EXPECT_EQ(width({-1, 4'294'967'295, 0}), 8);
  EXPECT_EQ(width({kLeast, kMost, 0}), 8);
  EXPECT_EQ(width({kMost, kLeast}), 0) << "a step of 1, running over";
}

TEST(IntegersTest, AConstantIsToldFromOthers) {
  EXPECT_TRUE(PackedIntegers({4, 4, 4}).IsConstant());
  EXPECT_FALSE(PackedIntegers({4, 5, 6}).IsConstant());
  EXPECT_FALSE(PackedIntegers({4, 4, 5}).IsConstant());
}

TEST(IntegersTest, CopyAnyPart) {
  const uint64_t seed = RandomSeed();
  SCOPED_TRACE("DONUT_RANDOM_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (const uint64_t range :
       {uint64_t{1}, uint64_t{200}, uint64_t{60'000}, uint64_t{4'000'000'000}, ~uint64_t{0}}) {
    std::vector<int64_t> values(300);
    for (int64_t& value : values) value = static_cast<int64_t>(random() % range);
    if (range == 1) {
      for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int64_t>(3 * i + 7);
    }
    const Integers integers = PackedIntegers(values);
    for (int i = 0; i < 200; ++i) {
      const size_t begin = random() % (values.size() + 1);
      const size_t count = random() % (values.size() - begin + 1);
      std::vector<int64_t> wide(count);
      integers.Copy(begin, count, wide.data());
      const std::vector<int64_t> expected(values.begin() + begin, values.begin() + begin + count);
      ASSERT_EQ(wide, expected);
      if (range > 4'000'000'000) continue;
      std::vector<uint32_t> narrow(count);
      integers.Copy(begin, count, narrow.data());
      ASSERT_EQ(std::vector<int64_t>(narrow.begin(), narrow.end()), expected);
    }
  }
}

TEST(IntegersTest, OfThirtyTwoBitsAreTheSame) {
  const std::vector<uint32_t> values = {0, 4'294'967'295, 17};
  const Integers integers{std::span<const uint32_t>(values)};
  EXPECT_EQ(ValuesOf(integers), (std::vector<int64_t>{0, 4'294'967'295, 17}));
  EXPECT_EQ(integers.width(), 4);
}

}  // namespace
}  // namespace donut::history
