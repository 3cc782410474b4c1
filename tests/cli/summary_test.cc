// The view as text. summary.txt is the view of the sample.
#include "cli/render/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/render/active_users.h"
#include "cli/render/feature_usage.h"
#include "cli/render/pipeline_funnel.h"
#include "cli/render/retention.h"
#include "tests/cli/golden.h"
#include "tests/cli/summary_sample.h"

namespace donut::cli {
namespace {

using ::donut::testing::ExpectGolden;
using ::donut::testing::SampleActiveUsers;
using ::donut::testing::SamplePipelineFunnel;
using ::donut::testing::SampleSummary;
using ::donut::testing::Uncoloured;
using ::donut::testing::WidestLine;
using ::testing::HasSubstr;
using ::testing::Not;

// Long and wide texts everywhere, and large numbers.
v1::GetSummaryResponse Unruly() {
  v1::GetSummaryResponse summary = SampleSummary();
  const std::string wide = "とても長い名前のイベント・とても長い名前のイベント・とても長い名前のイベント";
  summary.mutable_scope()->set_project(wide);
  summary.mutable_scope()->set_time_zone("America/Argentina/ComodRivadavia");
  summary.set_event_count(987'654'321'012);
  v1::GetPipelineFunnelResponse& funnel = *summary.mutable_pipeline_funnels(0);
  funnel.set_pipeline(wide);
  for (auto& step : *funnel.mutable_steps()) {
    step.set_label(wide);
    step.set_run_count(987'654'321'012);
  }
  for (auto& failure : *funnel.mutable_failures()) {
    failure.set_phase(wide);
    failure.set_reason(wide + wide);
  }
  for (auto& feature : *summary.mutable_feature_usage()->mutable_features()) {
    feature.set_feature(std::string(200, 'x'));
    feature.set_use_count(123'456'789'012);
  }
  for (auto& cohort : *summary.mutable_retention()->mutable_cohorts()) {
    cohort.set_size(123'456'789);
    for (auto& cell : *cohort.mutable_cells()) cell.set_retained_count(12'345'678);
  }
  return summary;
}

TEST(SummaryTest, LooksAsInTheGoldenFile) {
  ExpectGolden("summary.txt", RenderSummary(SampleSummary(), {.width = 80, .colours = false}));
}

TEST(SummaryTest, SaysTheSameWithColours) {
  const std::string plain = RenderSummary(SampleSummary(), {.width = 80, .colours = false});
  const std::string coloured = RenderSummary(SampleSummary(), {.width = 80, .colours = true});
  EXPECT_THAT(plain, Not(HasSubstr("\x1b")));
  EXPECT_THAT(coloured, HasSubstr("\x1b[1;35m"));
  // A painted piece keeps the spaces behind it.
  std::vector<std::string> lines = absl::StrSplit(Uncoloured(coloured), '\n');
  for (std::string& line : lines) line.erase(line.find_last_not_of(' ') + 1);
  EXPECT_EQ(absl::StrJoin(lines, "\n"), plain);
}

TEST(SummaryTest, KeepsEveryWidth) {
  for (const int width : {40, 60, 79, 80, 100, 120}) {
    EXPECT_LE(WidestLine(RenderSummary(SampleSummary(), {.width = width, .colours = true})), width);
    EXPECT_LE(WidestLine(RenderSummary(Unruly(), {.width = width, .colours = false})), width);
    EXPECT_LE(WidestLine(RenderSummary({}, {.width = width, .colours = false})), width);
  }
}

TEST(SummaryTest, UsesTheWidthOfAWideTerminal) {
  EXPECT_GT(WidestLine(RenderSummary(SampleSummary(), {.width = 120, .colours = false})), 80);
}

TEST(SummaryTest, CutsLongNamesWithAnEllipsisAndKeepsTheNumbers) {
  const std::string text = RenderSummary(Unruly(), {.width = 80, .colours = false});
  EXPECT_THAT(text, HasSubstr("…"));
  EXPECT_THAT(text, HasSubstr("123,456,789,012"));
}

TEST(SummaryTest, ShowsNoControlCharacterOfAName) {
  v1::GetSummaryResponse summary = SampleSummary();
  summary.mutable_feature_usage()->mutable_features(0)->set_feature("\x1b[2Jgone\r\n");
  summary.mutable_pipeline_funnels(0)->mutable_failures(0)->set_reason("\x1b]0;title\x07");
  const std::string text = RenderSummary(summary, {.width = 80, .colours = false});
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
  EXPECT_THAT(text, Not(HasSubstr("\x07")));
}

TEST(SummaryTest, SaysWhatToDoWhenThereIsNothing) {
  v1::GetSummaryResponse empty = SampleSummary();
  empty.set_event_count(0);
  empty.mutable_today()->clear_trailing_30_day_count();
  const std::string text = RenderSummary(empty, {.width = 80, .colours = false});
  EXPECT_THAT(text, HasSubstr("No events in this period."));
  EXPECT_THAT(text, HasSubstr("donut track"));
  EXPECT_THAT(text, Not(HasSubstr("%")));
  EXPECT_THAT(text, Not(HasSubstr("RETENTION")));
}

TEST(SummaryTest, SaysWhyThereIsNoFunnel) {
  v1::GetSummaryResponse summary = SampleSummary();
  EXPECT_THAT(RenderSummary(summary, {}), Not(HasSubstr("donut funnel")));
  summary.clear_pipeline_funnels();
  EXPECT_THAT(RenderSummary(summary, {}), HasSubstr("No pipeline runs in this period. For a funnel"));
}

TEST(SummaryTest, OldEventsHaveOneLineForNow) {
  v1::GetSummaryResponse summary = SampleSummary();
  summary.mutable_today()->set_trailing_30_day_count(0);
  const std::string text = RenderSummary(summary, {});
  EXPECT_THAT(text, HasSubstr("No events in the last 30 days."));
  EXPECT_THAT(text, Not(HasSubstr("stickiness")));
}

TEST(SummaryTest, PointsToTheDaysThatHaveEvents) {
  v1::GetSummaryResponse elsewhere = SampleSummary();
  elsewhere.set_event_count(0);
  const std::string text = RenderSummary(elsewhere, {.width = 80, .colours = false});
  EXPECT_THAT(text, HasSubstr("There are some in the last 30 days:\n\n  donut view\n"));
}

TEST(SummaryTest, NamesTheLastDayThatIsMeant) {
  const std::string text = RenderSummary(SampleSummary(), {.width = 80, .colours = false});
  EXPECT_THAT(text, HasSubstr("2024-02-26 to 2024-03-10, UTC"));
  EXPECT_THAT(text, HasSubstr("in 14 days"));
}

std::string SeriesOf(int days) {
  Page page({.width = 80, .colours = false});
  RenderActiveSeries(SampleActiveUsers(days), page);
  return page.text();
}

TEST(ActiveUsersTextTest, ShowsDaysThenWeeksThenMonths) {
  EXPECT_THAT(SeriesOf(31), HasSubstr("BY DAY"));
  EXPECT_THAT(SeriesOf(32), HasSubstr("BY WEEK"));
  EXPECT_THAT(SeriesOf(7 * 27), HasSubstr("BY WEEK"));
  EXPECT_THAT(SeriesOf(7 * 27 + 1), HasSubstr("BY 30 DAYS"));
}

TEST(ActiveUsersTextTest, AWeekCountsDistinctUsersAndEachNewUserOnce) {
  // 35 days: the row of the last week has its last day's count of 7 days, and the sum of new users.
  const v1::GetActiveUsersResponse response = SampleActiveUsers(35);
  int64_t fresh = 0;
  for (int day = 28; day < 35; ++day) fresh += response.buckets(day).new_count();
  ASSERT_EQ(fresh, 17);
  EXPECT_THAT(SeriesOf(35), ::testing::ContainsRegex("2024-03-10 Sun \\* +124 .* \\+17\n"));
}

TEST(ActiveUsersTextTest, MarksWhatIsNotOverAndCollapsesQuietDays) {
  const std::string text = SeriesOf(14);
  EXPECT_THAT(text, HasSubstr("2024-03-10 Sun *"));
  EXPECT_THAT(text, Not(HasSubstr("2024-03-09 Sat *")));
  EXPECT_THAT(text, HasSubstr("⋮ 4 days without events"));
}

TEST(ActiveUsersTextTest, MarksAFirstRowThatBeginsBeforeThePeriod) {
  // 37 days: two days (3 and 4 February) are left for the first row.
  EXPECT_THAT(SeriesOf(37), HasSubstr("2024-02-04 Sun *"));
  EXPECT_THAT(SeriesOf(37), HasSubstr("begins before the period"));
  EXPECT_THAT(SeriesOf(35), Not(HasSubstr("begins before the period")));
  EXPECT_THAT(SeriesOf(31), Not(HasSubstr("begins before the period")));
}

TEST(PipelineFunnelTextTest, ShowsADashWhereThereIsNoRate) {
  v1::GetPipelineFunnelResponse response = SamplePipelineFunnel("licenses");
  for (auto& step : *response.mutable_steps()) {
    step.set_run_count(0);
    step.clear_conversion_from_first();
    step.clear_conversion_from_previous();
    step.set_drop_off_count(0);
  }
  response.clear_first_attempt_success();
  Page page({.width = 80, .colours = false});
  RenderPipelineFunnel(response, page);
  EXPECT_THAT(page.text(), ::testing::ContainsRegex("cleaning +0 +- +- +0"));
  EXPECT_THAT(page.text(), Not(HasSubstr("nan")));
}

TEST(PipelineFunnelTextTest, NamesTheWorstStepInShort) {
  EXPECT_EQ(PipelineInShort(SamplePipelineFunnel("licenses")),
            "licenses: 45.0% of 200 runs completed, most were lost before cleaning was done (25.0% of those "
            "that got "
            "there)");
  EXPECT_EQ(PipelineInShort({}), "");
}

TEST(PipelineFunnelTextTest, SumsUpTheFailuresThatAreNotShown) {
  v1::GetPipelineFunnelResponse response = SamplePipelineFunnel("licenses");
  response.clear_failures();
  for (int i = 0; i < 12; ++i) {
    v1::PipelineFailure& failure = *response.add_failures();
    failure.set_reason("reason " + std::to_string(i));
    failure.set_run_count(10);
  }
  Page page({.width = 80, .colours = false});
  RenderPipelineFunnel(response, page);
  EXPECT_THAT(page.text(), HasSubstr("reason 7"));
  EXPECT_THAT(page.text(), Not(HasSubstr("reason 8")));
  EXPECT_THAT(page.text(),
              ::testing::ContainsRegex("other reasons +60"));  // 4 * 10 and the 20 from the service
}

TEST(RetentionTextTest, TellsOpenCellsFromZeros) {
  Page page({.width = 80, .colours = false});
  RenderRetention(SampleSummary().retention(), page);
  EXPECT_THAT(page.text(), ::testing::ContainsRegex("2024-03-09 +10 +4 \\(40.0%\\)\\* +· +·"));
  EXPECT_THAT(page.text(), ::testing::ContainsRegex("day 30 +0 +0 +- +-"));
}

TEST(RetentionTextTest, SaysWhenItIsTooEarly) {
  v1::GetRetentionResponse retention = SampleSummary().retention();
  for (auto& pooled : *retention.mutable_pooled()) {
    pooled.set_size(0);
    pooled.clear_retention();
  }
  Page page({.width = 80, .colours = false});
  RenderRetention(retention, page);
  EXPECT_THAT(page.text(), HasSubstr("Too early to say"));
  EXPECT_THAT(page.text(), HasSubstr("2024-03-09"));
}

TEST(RetentionTextTest, SaysWhenNobodyWasNew) {
  Page page({.width = 80, .colours = false});
  RenderRetention({}, page);
  EXPECT_THAT(page.text(), HasSubstr("Nobody was seen for the first time"));
  EXPECT_THAT(page.text(), Not(HasSubstr("%")));
}

TEST(FeatureUsageTextTest, LeavesTheEventsOfPipelinesOut) {
  v1::GetSummaryResponse summary = SampleSummary();
  summary.mutable_feature_usage()->mutable_features(0)->set_feature("pipeline_run_started");
  const std::string text = RenderSummary(summary, {.width = 80, .colours = false});
  EXPECT_THAT(text, Not(HasSubstr("pipeline_run_started")));
  EXPECT_THAT(text, HasSubstr("and 9 more; without the events of pipelines"));
  EXPECT_THAT(text, HasSubstr("most used: export"));
}

TEST(FeatureUsageTextTest, SaysHowManyAreNotShown) {
  Page page({.width = 80, .colours = false});
  RenderFeatureUsage(SampleSummary().feature_usage(), page);
  EXPECT_THAT(page.text(), HasSubstr("and 9 more"));
}

}  // namespace
}  // namespace donut::cli
