// Retention's kinds, modes, alignments and brackets, by hand.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/query_service/retention_test.h"
#include "tests/query_service/scanned_partitions.h"

namespace donut::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class RetentionOptionsTest : public RetentionFixture {};

TEST_F(RetentionOptionsTest, RecurringActorIsInEveryPeriodItStartedIn) {
  for (const char* day : {"01", "02", "03"}) Add("u", absl::StrCat("2024-03-", day, " 09:00:00"));
  Add("v", "2024-03-03 09:00:00");
  const auto response = Retention(Cohorts("01", "04") + kRecurring + "offsets: 1 offsets: 2");
  EXPECT_THAT(Rows(response), ElementsAre(ElementsAre(1, 1, 1), ElementsAre(1, 1, 0), ElementsAre(2, 0, 0)));
  // u is in the pooled line twice.
  EXPECT_EQ(response.pooled(0).size(), 4);
  EXPECT_EQ(response.pooled(0).retained_count(), 2);
}

TEST_F(RetentionOptionsTest, RecurringCohortsTakeInWhoStartedBeforeTheInterval) {
  Add("old", "2023-01-01 09:00:00");
  Add("old", "2024-03-01 09:00:00");
  Add("old", "2024-03-02 09:00:00");
  EXPECT_THAT(Rows(Retention(Cohorts("01", "02") + kRecurring + "offsets: 1")),
              ElementsAre(ElementsAre(1, 1)));
  EXPECT_THAT(Rows(Retention(Cohorts("01", "02") + "offsets: 1")), ElementsAre(ElementsAre(0, 0)));
}

TEST_F(RetentionOptionsTest, RecurringNeedsTheStartEventInEachPeriod) {
  Add("u", "2024-03-01 09:00:00", "search");
  Add("u", "2024-03-02 09:00:00", "buy");
  Add("u", "2024-03-03 09:00:00", "search");
  Add("u", "2024-03-04 09:00:00", "buy");
  EXPECT_THAT(Rows(Retention(Cohorts("01", "04") + kRecurring +
                             "offsets: 1 start_event_names: 'search' return_event_names: 'buy'")),
              ElementsAre(ElementsAre(1, 1), ElementsAre(0, 0), ElementsAre(1, 1)));
}

TEST_F(RetentionOptionsTest, PooledLineOfRecurringHasNoInterval) {
  Add("u", "2024-03-01 09:00:00");
  Add("u", "2024-03-02 09:00:00");
  const auto response = Retention(Cohorts("01", "03") + kRecurring + "offsets: 1");
  EXPECT_DOUBLE_EQ(response.pooled(0).retention().value(), 0.5);
  EXPECT_FALSE(response.pooled(0).retention().has_low());
  EXPECT_FALSE(response.pooled(0).retention().has_high());
  // Within one cohort nobody repeats.
  EXPECT_TRUE(response.cohorts(0).cells(0).retention().has_low());
  EXPECT_TRUE(Retention(Days("01", "03")).pooled(0).retention().has_low());
}

TEST_F(RetentionOptionsTest, OnOrAfterCountsALaterReturnAtEveryEarlierOffset) {
  Add("u", "2024-03-01 09:00:00");
  Add("u", "2024-03-05 09:00:00");
  Add("v", "2024-03-01 09:00:00");
  const std::string offsets = "offsets: 1 offsets: 4 offsets: 5 ";
  EXPECT_THAT(Rows(Retention(Cohorts("01", "02") + kOrAfter + offsets)),
              ElementsAre(ElementsAre(2, 1, 1, 0)));
  EXPECT_THAT(Rows(Retention(Cohorts("01", "02") + kOrAfter + kRolling + offsets)),
              ElementsAre(ElementsAre(2, 1, 1, 0)));
  EXPECT_THAT(Rows(Retention(Cohorts("01", "02") + offsets)), ElementsAre(ElementsAre(2, 0, 1, 0)));
}

TEST_F(RetentionOptionsTest, OnOrAfterSeesReturnsBehindTheLastOffset) {
  Add("u", "2024-03-01 09:00:00");
  Add("u", "2024-06-10 09:00:00");
  for (const char* options : {"", kRolling, kRecurring}) {
    EXPECT_THAT(Rows(Retention(Cohorts("01", "02") + kOrAfter + options + "offsets: 1")),
                ElementsAre(ElementsAre(1, 1)))
        << options;
    const auto before =
        AsOf("2024-06-10 08:59:59", Request(Cohorts("01", "02") + kOrAfter + options + "offsets: 1"));
    EXPECT_THAT(Rows(Retention(before)), ElementsAre(ElementsAre(1, 0))) << options;
  }
}

TEST_F(RetentionOptionsTest, OnOrAfterCellIsCompleteWhenItsOwnPeriodHasEnded) {
  const auto response = Retention(
      AsOf("2024-03-03 00:00:00", Request(Cohorts("01", "02") + kOrAfter + "offsets: 1 offsets: 2")));
  EXPECT_TRUE(response.cohorts(0).cells(0).complete());
  EXPECT_FALSE(response.cohorts(0).cells(1).complete());
}

TEST_F(RetentionOptionsTest, ComingBackTwiceInABracketCountsOnce) {
  Add("u", "2024-03-01 09:00:00");
  for (const char* day : {"02", "03", "04", "08"}) Add("u", absl::StrCat("2024-03-", day, " 09:00:00"));
  Add("v", "2024-03-01 09:00:00");
  Add("v", "2024-03-08 09:00:00");
  const std::string brackets =
      "brackets { first_offset: 1 last_offset: 3 } brackets { first_offset: 5 last_offset: 7 } "
      "brackets { first_offset: 8 last_offset: 8 }";
  for (const char* options : {"", kRolling, kRecurring}) {
    const auto response = Retention(Cohorts("01", "02") + options + brackets);
    EXPECT_THAT(Rows(response), ElementsAre(ElementsAre(2, 1, 2, 0))) << options;
    EXPECT_EQ(response.mode(), v1::RETENTION_MODE_BRACKET) << "brackets say so";
    EXPECT_THAT(response.offsets(), ElementsAre(1, 5, 8));
    EXPECT_EQ(response.brackets_size(), 3);
    EXPECT_EQ(response.cohorts(0).cells(1).offset(), 5);
    EXPECT_EQ(response.cohorts(0).cells(1).last_offset(), 7);
    EXPECT_EQ(response.pooled(1).last_offset(), 7);
  }
}

TEST_F(RetentionOptionsTest, RecurringBracketCountsOnceForEachCohort) {
  for (const char* day : {"01", "02", "04"}) Add("u", absl::StrCat("2024-03-", day, " 09:00:00"));
  EXPECT_THAT(
      Rows(Retention(Cohorts("01", "05") + kRecurring +
                     "brackets { first_offset: 1 last_offset: 2 } "
                     "brackets { first_offset: 3 last_offset: 3 }")),
      ElementsAre(ElementsAre(1, 1, 1), ElementsAre(1, 1, 0), ElementsAre(0, 0, 0), ElementsAre(1, 0, 0)));
}

TEST_F(RetentionOptionsTest, BracketIsCompleteWhenItsLastPeriodHasEnded) {
  const std::string brackets = "brackets { first_offset: 1 last_offset: 3 }";
  const auto complete = [&](const std::string& as_of, const std::string& options) {
    return Retention(AsOf(as_of, Request(Cohorts("01", "02") + options + brackets)))
        .cohorts(0)
        .cells(0)
        .complete();
  };
  EXPECT_FALSE(complete("2024-03-04 23:59:59", ""));
  EXPECT_TRUE(complete("2024-03-05 00:00:00", ""));
  // The last possible actor started just before March 2.
  EXPECT_FALSE(complete("2024-03-05 23:59:59", kRolling));
  EXPECT_TRUE(complete("2024-03-06 00:00:00", kRolling));
}

TEST_F(RetentionOptionsTest, RollingDayIs24HoursFromTheActorsOwnStart) {
  Add("u", "2024-03-01 20:00:00");
  Add("u", "2024-03-02 19:59:59.999999");
  Add("v", "2024-03-01 20:00:00");
  Add("v", "2024-03-02 20:00:00");
  EXPECT_THAT(Rows(Retention(Cohorts("01", "02") + kRolling + "offsets: 1")), ElementsAre(ElementsAre(2, 1)));
  EXPECT_THAT(Rows(Retention(Cohorts("01", "02") + "offsets: 1")), ElementsAre(ElementsAre(2, 2)));
}

TEST_F(RetentionOptionsTest, RollingDayIs24HoursWhereTheClockChanges) {
  // Berlin, 2024-03-31 has 23 hours: from 23:00 to 22:00 UTC.
  Add("u", "2024-03-31 05:00:00");
  Add("u", "2024-04-01 04:59:59");
  const auto request = [](const std::string& options) {
    return "cohort_date: '2024-03-31' scope { time_zone: 'Europe/Berlin' } offsets: 1 " + options;
  };
  EXPECT_THAT(Rows(Retention(request(kRolling))), ElementsAre(ElementsAre(1, 0)));
  EXPECT_THAT(Rows(Retention(request(""))), ElementsAre(ElementsAre(1, 1)));
}

TEST_F(RetentionOptionsTest, RollingMonthIs30Days) {
  Add("u", "2024-03-01 12:00:00");
  Add("u", "2024-03-31 12:00:00");
  EXPECT_THAT(Rows(Retention(Cohorts("01", "02") + kRolling + "period: GRANULARITY_MONTH offsets: 1")),
              ElementsAre(ElementsAre(1, 1)));
  EXPECT_THAT(Rows(Retention(Cohorts("01", "02") + "period: GRANULARITY_MONTH offsets: 1")),
              ElementsAre(ElementsAre(1, 0)));
}

TEST_F(RetentionOptionsTest, RollingReturnsAfterTheCohortsOwnPeriodCount) {
  // The last actor's day 1 ends a day after the calendar's.
  Add("u", "2024-03-01 23:00:00");
  Add("u", "2024-03-03 22:00:00");
  const auto response = Retention(Cohorts("01", "02") + kRolling + "offsets: 1");
  EXPECT_THAT(Rows(response), ElementsAre(ElementsAre(1, 1)));
  EXPECT_EQ(response.alignment(), v1::RETENTION_ALIGNMENT_ROLLING);
}

TEST_F(RetentionOptionsTest, OldOptionsAreTheDefaultsAndAreTold) {
  const auto response = Retention(Days("01", "02"));
  EXPECT_EQ(response.kind(), v1::RETENTION_KIND_FIRST_TIME);
  EXPECT_EQ(response.mode(), v1::RETENTION_MODE_ON);
  EXPECT_EQ(response.alignment(), v1::RETENTION_ALIGNMENT_CALENDAR);
  EXPECT_FALSE(response.has_breakdown());
  EXPECT_EQ(response.breakdown_rows_size(), 0);
  EXPECT_EQ(response.brackets_size(), 0);
  EXPECT_EQ(response.cohorts(0).cells(0).last_offset(), 0);
  EXPECT_FALSE(response.cohorts(0).has_value());
  EXPECT_FALSE(response.pooled(0).has_value());
}

TEST_F(RetentionOptionsTest, ReadsWhatKindAndModeNeedAndNoMore) {
  Load({});
  const int year = YearOfMonths();
  const auto scanned = [&](const std::string& options) {
    v1::GetRetentionRequest request = Request(options);
    request.mutable_scope()->mutable_interval()->set_start_date(absl::StrCat(year, "-03-01"));
    request.mutable_scope()->mutable_interval()->set_end_date(absl::StrCat(year, "-04-01"));
    *request.mutable_scope()->mutable_as_of_time() =
        donut::ToProto(At(absl::StrCat(year, "-07-15 00:00:00")));
    return ScannedPartitions(database(), [&](pqxx::transaction_base& transaction) {
      EXPECT_OK(query::Retention(request, context_, transaction));
    });
  };
  const std::string february = absl::StrCat(year, "_02"), april = absl::StrCat(year, "_04"),
                    may = absl::StrCat(year, "_05"), july = absl::StrCat(year, "_07"),
                    august = absl::StrCat(year, "_08"), long_ago = absl::StrCat(year - 1);
  const std::string value = "value_property: 'price' ", plan = "breakdown { event_property: 'plan' } ";
  for (const std::string& more : {std::string(), value, plan}) {
    SCOPED_TRACE(more);
    // Day 30 of March 31 is April 30.
    EXPECT_THAT(scanned(more + "offsets: 30"),
                AllOf(Contains(long_ago), Contains(april), Not(Contains(may))));
    EXPECT_THAT(scanned(more + kRecurring + "offsets: 30"),
                AllOf(Not(Contains(long_ago)), Not(Contains(february)), Contains(april), Not(Contains(may))));
    EXPECT_THAT(scanned(more + kOrAfter + "offsets: 1"),
                AllOf(Contains(long_ago), Contains(july), Not(Contains(august))));
    EXPECT_THAT(scanned(more + kRecurring + kOrAfter + "offsets: 1"),
                AllOf(Not(Contains(february)), Contains(july), Not(Contains(august))));
    // An actor of the very end of March has its day 30 until May 1.
    EXPECT_THAT(scanned(more + kRolling + "offsets: 29"),
                AllOf(Contains(long_ago), Contains(april), Not(Contains(may))));
    EXPECT_THAT(scanned(more + kRolling + "offsets: 30"), AllOf(Contains(may), Not(Contains(july))));
  }
}

TEST_F(RetentionOptionsTest, RefusesWithTheFieldAndTheRule) {
  std::string brackets_101;
  for (int i = 1; i <= 101; ++i)
    absl::StrAppend(&brackets_101, "brackets { first_offset: ", i, " last_offset: ", i, " } ");
  const std::string bracket_3_5 = "brackets { first_offset: 3 last_offset: 5 } ";
  const std::vector<std::vector<std::string>> refusals = {
      {"kind: 7", "kind:", "RECURRING"},
      {"mode: 7", "mode:", "BRACKET"},
      {"alignment: 7", "alignment:", "ROLLING"},
      {absl::StrCat(kRecurring, kRolling), "alignment:", "CALENDAR with RETENTION_KIND_RECURRING"},
      {"mode: RETENTION_MODE_BRACKET", "brackets:", "1 to 100"},
      {brackets_101, "brackets:", "1 to 100"},
      {bracket_3_5 + "offsets: 1", "offsets:", "empty with RETENTION_MODE_BRACKET"},
      {bracket_3_5 + "mode: RETENTION_MODE_ON", "brackets:", "empty when"},
      {bracket_3_5 + kOrAfter, "brackets:", "empty when"},
      {"brackets { first_offset: 0 last_offset: 5 }", "brackets[0].first_offset:", "1 to 1000"},
      {"brackets { first_offset: -1 last_offset: 5 }", "brackets[0].first_offset:", "1 to 1000"},
      {"brackets { first_offset: 1001 last_offset: 1001 }", "brackets[0].first_offset:", "1 to 1000"},
      {"brackets { first_offset: 5 last_offset: 4 }", "brackets[0].last_offset:", "first_offset to 1000"},
      {"brackets { first_offset: 5 }", "brackets[0].last_offset:", "first_offset to 1000"},
      {"brackets { first_offset: 5 last_offset: 1001 }", "brackets[0].last_offset:", "first_offset to 1000"},
      {bracket_3_5 + "brackets { first_offset: 5 last_offset: 8 }", "brackets[1].first_offset:", "before it"},
      {bracket_3_5 + "brackets { first_offset: 1 last_offset: 2 }", "brackets[1].first_offset:", "before it"},
      {"breakdown { }", "breakdown:", "one of"},
      {"breakdown { event_property: '' }", "breakdown.event_property:", "empty"},
      {"breakdown { event_property: 'p' limit: 101 }", "breakdown.limit:", "100"},
      {"value_property: '" + std::string(256, 'x') + "'", "value_property:", "255 bytes"},
  };
  for (const std::vector<std::string>& refusal : refusals) {
    EXPECT_THAT(
        Ask(query::Retention, Request(refusal[0])),
        StatusIs(absl::StatusCode::kInvalidArgument, AllOf(StartsWith(refusal[1]), HasSubstr(refusal[2]))))
        << refusal[0];
  }
}

TEST_F(RetentionOptionsTest, CellsOfAllRowsHaveALimit) {
  // Of (limit + 2) rows, 100 cohorts and offsets 1 to 5.
  const std::string five = "offsets: 1 offsets: 2 offsets: 3 offsets: 4 offsets: 5 ";
  const std::string hundred = "scope { interval { start_date: '2022-01-01' end_date: '2022-04-11' } } ";
  EXPECT_OK(Ask(query::Retention, Request(hundred + five + "breakdown { event_property: 'p' limit: 98 }")));
  EXPECT_THAT(
      Ask(query::Retention, Request(hundred + five + "breakdown { event_property: 'p' limit: 99 }")),
      StatusIs(absl::StatusCode::kInvalidArgument,
               AllOf(StartsWith("breakdown:"), HasSubstr("at most 50000 cells"), HasSubstr("50500"))));
}

}  // namespace
}  // namespace donut::testing
