#include "common/metric_values.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace donut {
namespace {

using ::testing::ElementsAre;

TEST(CountersByNumberTest, CountWhatIsOutOfRangeUnderZero) {
  CountersByNumber<3> counters;
  counters.Add(2, 5);
  counters.Add(2);
  counters.Add(3);
  counters.Add(-1);
  EXPECT_EQ(counters.value(0), 2);
  EXPECT_EQ(counters.value(1), 0);
  EXPECT_EQ(counters.value(2), 6);
}

TEST(GaugeTest, CountsWhatIsAlive) {
  Gauge gauge;
  {
    const CountedIn one(gauge);
    const CountedIn two(gauge);
    EXPECT_EQ(gauge.value(), 2);
  }
  EXPECT_EQ(gauge.value(), 0);
}

TEST(HistogramTest, CountsUpToAndWithTheBound) {
  Histogram histogram({1, 10});
  for (const double value : {0.5, 1.0, 1.5, 10.0, 11.0}) histogram.Observe(value);
  const HistogramReading reading = histogram.Read();
  EXPECT_THAT(reading.upper_bounds, ElementsAre(1, 10));
  EXPECT_THAT(reading.up_to_bound, ElementsAre(2, 4));
  EXPECT_EQ(reading.count, 5);
  EXPECT_EQ(reading.sum, 24);
}

TEST(HistogramTest, TakesDurationsInSeconds) {
  Histogram histogram(SecondsUpTo(1));
  histogram.Observe(absl::Milliseconds(250));
  EXPECT_EQ(histogram.Read().sum, 0.25);
}

TEST(HistogramTest, TakesAClockThatSteppedBackForZero) {
  Histogram histogram({1});
  histogram.Observe(absl::Seconds(-5));
  EXPECT_EQ(histogram.Read().sum, 0);
  EXPECT_EQ(histogram.Read().count, 1);
}

TEST(SecondsUpToTest, EndsAtTheLongest) {
  EXPECT_EQ(SecondsUpTo(10).back(), 10);
  EXPECT_EQ(SecondsUpTo(30).back(), 30);
  EXPECT_EQ(SecondsUpTo(30).front(), 0.001);
}

}  // namespace
}  // namespace donut
