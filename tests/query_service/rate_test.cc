#include "query_service/rate.h"

#include "gtest/gtest.h"

namespace donut::query {
namespace {

TEST(RateTest, NothingToDivideByIsAbsent) { EXPECT_FALSE(ShareOf(0, 0).has_value()); }

// Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
TEST(RateTest, WilsonIntervalIsAsPublished) {
  EXPECT_NEAR(ShareOf(81, 263)->low(), 0.2553, 5e-5);
  EXPECT_NEAR(ShareOf(81, 263)->high(), 0.3662, 5e-5);
  EXPECT_NEAR(ShareOf(15, 148)->low(), 0.0624, 5e-5);
  EXPECT_NEAR(ShareOf(15, 148)->high(), 0.1605, 5e-5);
  EXPECT_NEAR(ShareOf(0, 20)->high(), 0.1611, 5e-5);
  EXPECT_NEAR(ShareOf(1, 29)->low(), 0.0061, 5e-5);
  EXPECT_NEAR(ShareOf(1, 29)->high(), 0.1718, 5e-5);
}

TEST(RateTest, IntervalIsExactAtTheEnds) {
  EXPECT_EQ(ShareOf(0, 7)->low(), 0);
  EXPECT_EQ(ShareOf(7, 7)->high(), 1);
  EXPECT_EQ(ShareOf(7, 7)->value(), 1);
}

}  // namespace
}  // namespace donut::query
