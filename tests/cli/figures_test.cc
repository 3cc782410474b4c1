#include "cli/render/figures.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

namespace donut::cli {
namespace {

TEST(FiguresTest, SeparatesThousands) {
  EXPECT_EQ(Count(0), "0");
  EXPECT_EQ(Count(999), "999");
  EXPECT_EQ(Count(1000), "1,000");
  EXPECT_EQ(Count(1234567), "1,234,567");
  EXPECT_EQ(Count(-123456), "-123,456");
  EXPECT_EQ(Count(std::numeric_limits<int64_t>::min()), "-9,223,372,036,854,775,808");
}

TEST(FiguresTest, PutsTheNounInTheRightNumber) {
  EXPECT_EQ(Counted(1, "run"), "1 run");
  EXPECT_EQ(Counted(0, "run"), "0 runs");
  EXPECT_EQ(Counted(1234, "run"), "1,234 runs");
}

TEST(FiguresTest, SaysHundredAndZeroPercentOnlyWhenExact) {
  EXPECT_EQ(Percent(1), "100%");
  EXPECT_EQ(Percent(0), "0%");
  EXPECT_EQ(Percent(0.99999), ">99.9%");
  EXPECT_EQ(Percent(0.9993), "99.9%");
  EXPECT_EQ(Percent(0.00001), "<0.1%");
  EXPECT_EQ(Percent(0.125), "12.5%");
}

TEST(FiguresTest, ShowsAnAbsentRateAsADash) {
  v1::Rate rate;
  EXPECT_EQ(Percent(false, rate), "-");
  EXPECT_EQ(Percent(true, rate), "0%");
  EXPECT_EQ(Percent(std::nan("")), "-");
}

TEST(FiguresTest, RoundsAnIntervalOutwards) {
  v1::Rate rate;
  EXPECT_EQ(RateInterval(true, rate), "");
  rate.set_low(0.107);
  rate.set_high(0.142);
  EXPECT_EQ(RateInterval(true, rate), "10-15%");
  EXPECT_EQ(RateInterval(false, rate), "");
}

TEST(FiguresTest, NamesDurationsInTheUnitsOfPeople) {
  EXPECT_EQ(Seconds(0), "0 s");
  EXPECT_EQ(Seconds(0.0000421), "42 µs");
  EXPECT_EQ(Seconds(0.0042), "4.2 ms");
  EXPECT_EQ(Seconds(0.35), "350 ms");
  EXPECT_EQ(Seconds(0.9996), "1.0 s");
  EXPECT_EQ(Seconds(12.34), "12.3 s");
  EXPECT_EQ(Seconds(59.97), "1 m");
  EXPECT_EQ(Seconds(200), "3 m 20 s");
  EXPECT_EQ(Seconds(7500), "2 h 5 m");
  EXPECT_EQ(Seconds(3 * 86400 + 4 * 3600), "3 d 4 h");
}

TEST(FiguresTest, FallsBackToUtcForUnknownZones) {
  EXPECT_EQ(ZoneNamed("Europe/Nowhere"), absl::UTCTimeZone());
  EXPECT_EQ(ZoneNamed("UTC"), absl::UTCTimeZone());
}

}  // namespace
}  // namespace donut::cli
