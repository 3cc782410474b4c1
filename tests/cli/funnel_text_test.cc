#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "cli/render/funnel.h"
#include "tests/cli/funnel_sample.h"
#include "tests/cli/golden.h"

namespace donut::cli {
namespace {

using ::donut::testing::ExpectGolden;
using ::donut::testing::FullFunnel;
using ::donut::testing::kNarrow;
using ::donut::testing::kWide;
using ::donut::testing::SampleFunnel;
using ::donut::testing::WidestLine;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(FunnelTextTest, LooksAsInTheGoldenFiles) {
  ExpectGolden("funnel.txt", FunnelText(FullFunnel(), kNarrow));
  ExpectGolden("funnel_wide.txt", FunnelText(FullFunnel(), kWide));
}

TEST(FunnelTextTest, KeepsEveryWidth) {
  for (const int width : {40, 60, 80, 120}) {
    EXPECT_LE(WidestLine(FunnelText(FullFunnel(), {.width = width, .colours = true})), width);
    EXPECT_LE(WidestLine(FunnelText({}, {.width = width, .colours = false})), width);
  }
}

TEST(FunnelTextTest, SaysWhenNobodyEntered) {
  v1::GetFunnelResponse response = SampleFunnel();
  for (auto& step : *response.mutable_steps()) step.set_actor_count(0);
  const std::string text = FunnelText(response, kNarrow);
  EXPECT_THAT(text, HasSubstr("Nobody entered: no user did visit in this period."));
  EXPECT_THAT(text, HasSubstr("donut view --start 2024-02-01 --end 2024-02-29"));
  EXPECT_THAT(text, Not(HasSubstr("%")));
}

TEST(FunnelTextTest, SaysThatItCanStillChange) {
  v1::GetFunnelResponse response = SampleFunnel();
  EXPECT_THAT(FunnelText(response, kNarrow), HasSubstr("not over yet: at most 12 users can still convert"));
  response.set_actors_still_open_count(0);
  response.set_complete(true);
  EXPECT_THAT(FunnelText(response, kNarrow), Not(HasSubstr("not over yet")));
  response.set_complete(false);
  EXPECT_THAT(FunnelText(response, kNarrow), HasSubstr("not over yet: the period"));
}

TEST(FunnelTextTest, AnUnorderedStepIsAnyOfSoMany) {
  v1::GetFunnelResponse response = SampleFunnel();
  response.set_order(v1::FUNNEL_ORDER_UNORDERED);
  const std::string text = FunnelText(response, kNarrow);
  EXPECT_THAT(text, HasSubstr("any 2"));
  EXPECT_THAT(text, Not(HasSubstr("2 signup")));
  EXPECT_THAT(text, HasSubstr("any of: visit, signup, purchase [price > 10]"));
}

TEST(FunnelTextTest, ShowsNoControlCharacterOfAName) {
  v1::GetFunnelResponse response = FullFunnel();
  response.mutable_steps(0)->set_label("\x1b[2Jgone\r\n");
  response.mutable_breakdown_rows(0)->mutable_value()->set_text("\x1b]0;title\x07");
  response.mutable_exclusions(0)->set_event_names(0, "\x1b");
  response.set_hold_constant(0, "\x1b");
  response.mutable_breakdown()->set_event_property("\x1b");
  EXPECT_THAT(FunnelText(response, kNarrow), Not(HasSubstr("\x1b")));
}

TEST(FunnelCsvTest, HasARowPerStepOfEachValue) {
  const std::string csv = FunnelCsv(FullFunnel(), FunnelRows::kSteps);
  const std::vector<std::string> lines = absl::StrSplit(csv, "\r\n");
  ASSERT_EQ(lines.size(), 1 + 3 + 4 * 3 + 1);
  EXPECT_THAT(lines[0],
              HasSubstr("row,value,step,label,actors,conversion_from_first,conversion_from_first_low"));
  EXPECT_THAT(lines[1], HasSubstr("all,,1,visit,400,1,"));
  EXPECT_THAT(lines[2], HasSubstr("all,,2,signup,300,0.75,"));
  EXPECT_THAT(lines[7], HasSubstr("text,\"デスクトップ, \"\"big\"\"\",1,visit,120,"));
  EXPECT_THAT(lines[15], HasSubstr("none,,3,purchase,0,0,"));
}

TEST(FunnelCsvTest, HasARowPerBucketAndPerBin) {
  const std::vector<std::string> buckets =
      absl::StrSplit(FunnelCsv(FullFunnel(), FunnelRows::kSeries), "\r\n");
  ASSERT_EQ(buckets.size(), 1 + 10 + 1);
  EXPECT_THAT(buckets[1],
              HasSubstr("2024-02-20,2024-02-20T00:00:00Z,2024-02-21T00:00:00Z,true,40,2,20,3,6,0.3,"));
  EXPECT_EQ(buckets[3], "2024-02-22,2024-02-22T00:00:00Z,2024-02-23T00:00:00Z,true,0,2,0,3,0,,,");
  const std::vector<std::string> bins =
      absl::StrSplit(FunnelCsv(FullFunnel(), FunnelRows::kHistogram), "\r\n");
  ASSERT_EQ(bins.size(), 1 + 4 + 1);
  EXPECT_EQ(bins[3], "all,,time_to_convert,86400,,5");
  EXPECT_EQ(bins[4], "all,,time_to_step_2,1,60,300");
}

}  // namespace
}  // namespace donut::cli
