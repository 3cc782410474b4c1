#include "history/month.h"

#include "gtest/gtest.h"

namespace donut::history {
namespace {

TEST(MonthTest, CountsFromJanuary1970) {
  EXPECT_EQ(MonthOf(0), 0);
  EXPECT_EQ(MonthStartUs(0), 0);
  EXPECT_EQ(MonthStartUs(1), int64_t{31} * 86'400'000'000);
  EXPECT_EQ(MonthOf(MonthStartUs(1) - 1), 0);
  EXPECT_EQ(MonthOf(1'795'996'800'000'000), 682) << "2026-11-30";
}

TEST(MonthTest, AMonthGoesFromItsStartToTheNext) {
  for (int month = -24; month < 12 * 300; ++month) {
    const int64_t start = MonthStartUs(month);
    ASSERT_EQ(MonthOf(start), month);
    ASSERT_EQ(MonthOf(start - 1), month - 1);
    ASSERT_LE(MonthStartUs(month + 1) - start, int64_t{31} * 96 * kQuarterUs);
  }
}

}  // namespace
}  // namespace donut::history
