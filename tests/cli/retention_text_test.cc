#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "cli/render/retention.h"
#include "cli/render/retention_actors.h"
#include "common/proto_time.h"
#include "tests/cli/funnel_sample.h"
#include "tests/cli/golden.h"
#include "tests/cli/summary_sample.h"

namespace donut::cli {
namespace {

using ::donut::testing::ExpectGolden;
using ::donut::testing::kNarrow;
using ::donut::testing::SampleBrackets;
using ::donut::testing::SampleRate;
using ::donut::testing::SampleScope;
using ::donut::testing::WidestLine;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(RetentionPageTest, LooksAsInTheGoldenFile) {
  ExpectGolden("retention.txt", RetentionText(SampleBrackets(), kNarrow));
}

TEST(RetentionPageTest, KeepsEveryWidth) {
  for (const int width : {40, 60, 80, 120}) {
    EXPECT_LE(WidestLine(RetentionText(SampleBrackets(), {.width = width, .colours = true})), width);
  }
}

TEST(RetentionPageTest, ManyOffsetsAreSharesAndSaysWhatIsLeftOut) {
  v1::GetRetentionResponse response;
  *response.mutable_scope() = SampleScope();
  v1::RetentionCohort& cohort = *response.add_cohorts();
  cohort.mutable_bucket()->set_label("2024-02-01");
  cohort.set_size(100);
  for (int offset = 1; offset <= 14; ++offset) {
    response.add_offsets(offset);
    v1::RetentionCell& cell = *cohort.add_cells();
    cell.set_offset(offset);
    cell.set_retained_count(40);
    cell.set_complete(true);
    *cell.mutable_retention() = SampleRate(40, 100);
  }
  const std::string text = RetentionText(response, kNarrow);
  EXPECT_THAT(text, Not(HasSubstr("40 (40.0%)")));
  EXPECT_THAT(text, HasSubstr("40.0%  40.0%"));
  EXPECT_THAT(text, HasSubstr("7 more columns than this width has room for"));
  EXPECT_LE(WidestLine(text), 80);
}

TEST(RetentionPageTest, SaysWhatWasAssumed) {
  v1::GetRetentionResponse response = SampleBrackets();
  response.clear_brackets();
  response.set_kind(v1::RETENTION_KIND_RECURRING);
  response.set_mode(v1::RETENTION_MODE_ON_OR_AFTER);
  response.set_alignment(v1::RETENTION_ALIGNMENT_ROLLING);
  const std::string text = RetentionText(response, kNarrow);
  EXPECT_THAT(text, HasSubstr("came back on or after"));
  EXPECT_THAT(text, HasSubstr("did signup (week)"));
  EXPECT_THAT(text, HasSubstr("week 3+"));
  EXPECT_THAT(text, HasSubstr("older cohorts had longer"));
  EXPECT_THAT(text, HasSubstr("for some of the cohort"));
}

TEST(RetentionPageTest, SaysWhenThereIsNoCohort) {
  v1::GetRetentionResponse response;
  *response.mutable_scope() = SampleScope();
  response.add_start_event_names("signup");
  const std::string text = RetentionText(response, kNarrow);
  EXPECT_THAT(text, HasSubstr("Nobody did signup for the first time in this period."));
  EXPECT_THAT(text, HasSubstr("donut view --start 2024-02-01 --end 2024-02-29"));
}

TEST(RetentionCsvTest, HasARowPerCellOfEachValue) {
  const std::vector<std::string> lines =
      absl::StrSplit(RetentionCsv(SampleBrackets(), RetentionRows::kCells), "\r\n");
  ASSERT_EQ(lines.size(), 1 + 3 * 4 * 2 + 1);
  EXPECT_EQ(lines[0],
            "row,value,cohort,start_time,end_time,complete,size,offset,last_offset,retained,retention,"
            "retention_low,"
            "retention_high,cell_complete,value_sum,value_cumulative,value_cumulative_per_actor");
  EXPECT_THAT(lines[1],
              HasSubstr("all,,2024-01-29,2024-01-29T00:00:00Z,2024-02-05T00:00:00Z,true,100,1,2,40,0.4,"));
  EXPECT_EQ(lines[3],
            "all,,2024-02-05,2024-02-05T00:00:00Z,2024-02-12T00:00:00Z,true,0,1,2,0,,,,true,0,1250.75,");
  EXPECT_THAT(lines[9], HasSubstr("text,pro,2024-01-29,"));
}

TEST(RetentionCsvTest, HasARowPerPooledOffset) {
  const std::vector<std::string> lines =
      absl::StrSplit(RetentionCsv(SampleBrackets(), RetentionRows::kPooled), "\r\n");
  ASSERT_EQ(lines.size(), 1 + 3 * 2 + 1);
  EXPECT_THAT(lines[1], HasSubstr("all,,1,2,3,200,80,0.4,"));
  EXPECT_EQ(lines[2], "all,,3,6,0,0,0,,,");
}

v1::ListRetentionActorsResponse Actors() {
  v1::ListRetentionActorsResponse response;
  *response.mutable_scope() = SampleScope();
  response.mutable_cohort()->set_label("2024-02-01");
  response.set_offset(7);
  response.set_who(v1::RETENTION_ACTORS_WHO_RETAINED);
  response.set_total_size(1);
  const absl::Time start = absl::FromCivil(absl::CivilHour(2024, 2, 1, 5), absl::UTCTimeZone());
  v1::RetentionActor& ada = *response.add_actors();
  ada.set_user_id("ada");
  *ada.mutable_start_time() = ToProto(start);
  *ada.mutable_return_time() = ToProto(start + absl::Hours(170));
  return response;
}

TEST(RetentionActorsTest, SaysWhichCellItIs) {
  const std::string text = RetentionActorsText({}, Actors(), kNarrow);
  EXPECT_THAT(text, HasSubstr("COHORT 2024-02-01, RETAINED, DAY 7"));
  EXPECT_THAT(text, HasSubstr("1 user\n"));
  EXPECT_THAT(text, ::testing::ContainsRegex("ada +2024-02-01 05:00:00 +2024-02-08 07:00:00 +7 d 2 h"));
  EXPECT_THAT(RetentionActorsText({}, {}, kNarrow), HasSubstr("Nobody."));
}

TEST(RetentionActorsTest, CsvLeavesTheReturnOfTheLostEmpty) {
  v1::ListRetentionActorsResponse response = Actors();
  response.mutable_actors(0)->clear_return_time();
  EXPECT_EQ(RetentionActorsCsv(response), "user_id,start_time,return_time\r\nada,2024-02-01T05:00:00Z,\r\n");
}

}  // namespace
}  // namespace donut::cli
