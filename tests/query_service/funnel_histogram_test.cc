#include "query_service/metrics/funnel/funnel_histogram.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

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

}  // namespace
}  // namespace donut::testing
