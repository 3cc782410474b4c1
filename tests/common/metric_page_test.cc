#include "common/metric_page.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace donut {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(MetricPageTest, KeepsTheSamplesOfAFamilyTogether) {
  MetricPage page;
  page.AddCounter("a_total", "A.", 1, {{"kind", "x"}});
  page.AddGauge("b", "B.", 2);
  page.AddCounter("a_total", "A.", 3, {{"kind", "y"}});
  ASSERT_EQ(page.families().size(), 2u);
  EXPECT_EQ(page.families()[0].samples.size(), 2u);
  EXPECT_EQ(page.Find("a_total", {{"kind", "y"}}), 3);
  EXPECT_EQ(page.Find("b"), 2);
  EXPECT_EQ(page.Find("a_total"), std::nullopt);
  EXPECT_EQ(page.Find("c"), std::nullopt);
}

TEST(MetricPageTest, GivesEveryNumberItsLabelZerosIncluded) {
  CountersByNumber<3> counters;
  counters.Add(1, 7);
  MetricPage page;
  page.AddCounters("c_total", "C.", "kind", counters,
                   [](int number) {
                     return number == 0 ? std::string() : std::string(1, static_cast<char>('a' + number));
                   },
                   {{"rpc", "Get"}});
  ASSERT_EQ(page.families().size(), 1u);
  ASSERT_EQ(page.families()[0].samples.size(), 2u);
  EXPECT_THAT(page.families()[0].samples[0].labels, ElementsAre(Pair("rpc", "Get"), Pair("kind", "b")));
  EXPECT_EQ(page.Find("c_total", {{"rpc", "Get"}, {"kind", "b"}}), 7);
  EXPECT_EQ(page.Find("c_total", {{"rpc", "Get"}, {"kind", "c"}}), 0);
}

TEST(CodeLabelTest, KnowsEveryCodeOfGrpc) {
  EXPECT_EQ(CodeLabel(0), "OK");
  EXPECT_EQ(CodeLabel(kStatusCodes - 1), "UNAUTHENTICATED");
  EXPECT_EQ(CodeLabel(kStatusCodes), "") << "there are more codes than counters";
}

}  // namespace
}  // namespace donut
