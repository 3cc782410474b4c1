#include "bench/figures.h"

#include "gtest/gtest.h"

namespace donut::bench {
namespace {

TEST(FiguresTest, PrintsNameValueAndUnitWithoutExponents) {
  EXPECT_EQ(FigureLine("ingest_raw_copy", 612345.4, "events/s"), "ingest_raw_copy 612345 events/s");
  EXPECT_EQ(FigureLine("ratio", 0.8126, "ratio"), "ratio 0.813 ratio");
  EXPECT_EQ(FigureLine("linger", 2, "ms"), "linger 2 ms");
  EXPECT_EQ(FigureLine("large", 1e9, "instructions"), "large 1000000000 instructions");
}

TEST(FiguresTest, TakesTheMiddleOfUnsortedValues) {
  EXPECT_EQ(Median({3, 1, 2}), 2);
  EXPECT_EQ(Median({4, 1, 3, 2}), 2.5);
  EXPECT_EQ(Median({7}), 7);
}

TEST(FiguresTest, TakesQuantilesOfSortedValues) {
  std::vector<int> values(100);
  for (int i = 0; i < 100; ++i) values[i] = i + 1;
  EXPECT_EQ(Quantile(values, 0.5), 50);
  EXPECT_EQ(Quantile(values, 0.99), 99);
  EXPECT_EQ(Quantile(values, 0.999), 100);
  EXPECT_EQ(Quantile(values, 1.0), 100);
  EXPECT_EQ(Quantile(std::vector<int>{7}, 0.99), 7);
}

}  // namespace
}  // namespace donut::bench
