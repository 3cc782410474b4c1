#include "query_service/metrics/funnel/funnel_histogram.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "query_service/metrics/funnel/funnel.h"
#include "tests/query_service/metric_test.h"
#include "tests/reference/random_history.h"
#include "tests/support/random_seed.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using FunnelHistogramRulesTest = MetricTest;

v1::HistogramBins Bins(const std::string& text) {
  v1::HistogramBins bins;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &bins)) << text;
  return bins;
}

std::string ShowHistogram(const v1::HistogramBins& asked, const query::HistogramCounts& counts) {
  std::string text;
  for (const v1::HistogramBin& bin : query::ToBins(asked, counts)) {
    absl::StrAppend(&text, "[", bin.low_seconds(), ", ",
                    bin.has_high_seconds() ? absl::StrCat(bin.high_seconds()) : "", ") ", bin.count(), "; ");
  }
  return text;
}

TEST(FunnelHistogramTest, EqualBinsGoFromTheShortestToTheLongest) {
  EXPECT_EQ(ShowHistogram(Bins("count: 3"), {1'000'000, 7'000'000, 3, {{0, 2}, {2, 1}}}),
            "[1, 3) 2; [3, 5) 0; [5, 7) 1; ");
  EXPECT_EQ(ShowHistogram(Bins("count: 3"), {1'000'000, 1'000'000, 1, {{0, 2}}}), "[1, 1) 2; ");
}

TEST(FunnelHistogramTest, EdgesHaveABinBelowAndOneAbove) {
  EXPECT_EQ(ShowHistogram(Bins("edges { edges { seconds: 60 } edges { seconds: 3600 } }"),
                          {0, 0, 0, {{0, 1}, {2, 4}}}),
            "[0, 60) 1; [60, 3600) 0; [3600, ) 4; ");
  EXPECT_EQ(ShowHistogram(Bins("edges { edges { } edges { seconds: 60 } }"), {0, 0, 0, {{1, 1}}}),
            "[0, 60) 1; [60, ) 0; ");
}

TEST(FunnelHistogramTest, RefusesWithTheFieldAndTheRule) {
  const auto expect = [](const std::string& bins, const std::string& field, const std::string& rule) {
    EXPECT_THAT(query::ResolveHistogram(Bins(bins), "histogram"),
                StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr(field), HasSubstr(rule))))
        << bins;
  };
  expect("", "histogram:", "one of");
  expect("count: 0", "histogram.count:", "1 to 100");
  expect("count: 101", "histogram.count:", "1 to 100");
  expect("rule: 0", "histogram.rule:", "HISTOGRAM_RULE_");
  expect("rule: 9", "histogram.rule:", "HISTOGRAM_RULE_");
  expect("edges { }", "histogram.edges.edges:", "1 to 100");
  expect("edges { edges { seconds: -1 } }", "histogram.edges.edges[0]:", "0 to 366 days");
  expect("edges { edges { seconds: 2 } edges { seconds: 2 nanos: 999 } }",
         "histogram.edges.edges[1]:", "longer than the edge before");
  EXPECT_OK(query::ResolveHistogram(Bins("count: 100"), "histogram"));
}

// Both engines make the same bins also where a rule's number is close to a whole one: powers of two, squares
// and cubes, and what is next to them.
TEST_F(FunnelHistogramRulesTest, AreThoseOfBothEngines) {
  const std::vector<int> counts = {1, 2, 8, 9, 27, 64, 65, 125, 216, 256, 257, 343, 512};
  Dice dice(RandomSeed());
  History history;
  for (const int count : counts) {
    for (int i = 0; i < count; ++i) {
      const std::string user = absl::StrCat(count, "_", i);
      const absl::Time entry = At("2024-03-02 00:00:00");
      // Some widths of quartiles are none.
      const auto lap = absl::Microseconds(dice.OneIn(2) ? 7 : dice.Between(0, 1'000'000'000));
      const auto sequence = static_cast<int64_t>(history.events.size()) + 1;
      history.events.push_back({entry, user, "", absl::StrCat("from", count), 1, sequence, {}});
      history.events.push_back({entry + lap, user, "", absl::StrCat("to", count), 1, sequence + 1, {}});
    }
  }
  Load(history);
  for (const int count : counts) {
    for (const char* rule : {"FREEDMAN_DIACONIS", "STURGES", "SQUARE_ROOT", "CUBE_ROOT"}) {
      v1::GetFunnelRequest request;
      const std::string text = absl::StrCat(
          "scope { interval { start_date: '2024-03-01' end_date: '2024-03-11' } } steps { event_names: 'from",
          count, "' } steps { event_names: 'to", count, "' } histogram { rule: HISTOGRAM_RULE_", rule, " }");
      ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
      const auto response = Ask(query::Funnel, request);
      ASSERT_OK(response) << text;
      EXPECT_EQ(response->time_to_convert().count(), count);
      EXPECT_GE(response->time_to_convert_histogram_size(), 1);
    }
  }
}

}  // namespace
}  // namespace donut::testing
