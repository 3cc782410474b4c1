#include "query_service/metrics/retention/retention.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/query_service/retention_test.h"
#include "tests/query_service/scanned_partitions.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class RetentionTest : public RetentionFixture {};

// The example of docs/metrics/retention.md.
TEST_F(RetentionTest, AnswersTheExampleOfItsPage) {
  for (const char* user : {"ann", "bob", "cat", "dan"}) Add(user, "2024-03-01 09:00:00");
  for (const char* user : {"ann", "bob", "cat"}) Add(user, "2024-03-02 09:00:00");
  Add("ann", "2024-03-03 09:00:00");
  Add("eve", "2024-03-02 10:00:00");
  Add("eve", "2024-03-02 11:00:00");
  Add("fay", "2024-03-02 12:00:00");
  Add("fay", "2024-03-04 12:00:00");

  const v1::GetRetentionResponse response = Retention(AsOf("2024-03-04 18:00:00", Days("01", "04")));
  EXPECT_THAT(Rows(response), ElementsAre(ElementsAre(4, 3, 1), ElementsAre(2, 0, 1), ElementsAre(0, 0, 0)));
  EXPECT_DOUBLE_EQ(response.cohorts(0).cells(0).retention().value(), 0.75);
  EXPECT_FALSE(response.cohorts(2).cells(0).has_retention());
  // Day 2 of the cohort of March 2 is March 4, which is not over.
  EXPECT_TRUE(response.cohorts(1).cells(0).complete());
  EXPECT_FALSE(response.cohorts(1).cells(1).complete());
  EXPECT_EQ(response.pooled(0).retained_count(), 3);
  EXPECT_EQ(response.pooled(0).size(), 6);
  EXPECT_DOUBLE_EQ(response.pooled(0).retention().value(), 0.5);
  EXPECT_DOUBLE_EQ(response.pooled(1).retention().value(), 0.25);
  EXPECT_EQ(response.pooled(1).cohort_count(), 1);
}

TEST_F(RetentionTest, PooledLineIsNotTheMeanOfTheCohortsRates) {
  for (int i = 0; i < 9; ++i) Add(absl::StrCat("u", i), "2024-03-01 12:00:00");
  Add("alone", "2024-03-02 12:00:00");
  Add("alone", "2024-03-03 12:00:00");
  const v1::GetRetentionResponse response = Retention(Days("01", "03"));
  EXPECT_DOUBLE_EQ(response.cohorts(0).cells(0).retention().value(), 0);
  EXPECT_DOUBLE_EQ(response.cohorts(1).cells(0).retention().value(), 1);
  EXPECT_DOUBLE_EQ(response.pooled(0).retention().value(), 0.1);
  EXPECT_EQ(response.pooled(0).cohort_count(), 2);
}

TEST_F(RetentionTest, PooledLineLeavesOutIncompleteCells) {
  Add("u", "2024-03-01 12:00:00");
  Add("v", "2024-03-02 12:00:00");
  const v1::GetRetentionResponse response = Retention(AsOf("2024-03-03 00:00:00", Days("01", "03")));
  EXPECT_EQ(response.pooled(0).size(), 1);
  EXPECT_EQ(response.pooled(0).cohort_count(), 1);
  EXPECT_EQ(response.pooled(1).size(), 0);
  EXPECT_FALSE(response.pooled(1).has_retention());
}

TEST_F(RetentionTest, FirstStartIsSoughtInAllHistory) {
  Add("old", "2015-07-01 12:00:00");
  Add("old", "2024-03-01 12:00:00");
  Add("new", "2024-03-01 12:00:00");
  EXPECT_THAT(Rows(Retention(Days("01", "02"))), ElementsAre(ElementsAre(1, 0, 0)));
}

TEST_F(RetentionTest, EarlierEventsThatStartNothingDoNotCount) {
  Add("u", "2023-07-01 08:00:00", "open");
  Add("u", "2024-03-01 08:00:00", "signup");
  v1::GetRetentionRequest request = Days("01", "02");
  request.add_start_event_names("signup");
  EXPECT_THAT(Rows(Retention(request)), ElementsAre(ElementsAre(1, 0, 0)));
}

TEST_F(RetentionTest, ReturnsAfterTheEndOfTheIntervalCount) {
  Add("u", "2024-03-01 12:00:00");
  Add("u", "2024-03-03 12:00:00");
  EXPECT_THAT(Rows(Retention(Days("01", "02"))), ElementsAre(ElementsAre(1, 0, 1)));
}

TEST_F(RetentionTest, DaysAreCutByTheZoneAndNotByUtc) {
  // In Los Angeles both are on March 1.
  Add("u", "2024-03-01 20:00:00");
  Add("u", "2024-03-02 05:00:00");
  EXPECT_THAT(Rows(Retention(Days("01", "02"))), ElementsAre(ElementsAre(1, 1, 0)));
  EXPECT_THAT(Rows(Retention(Days("01", "02", "America/Los_Angeles"))), ElementsAre(ElementsAre(1, 0, 0)));
}

TEST_F(RetentionTest, DayOf23HoursEndsAnHourEarlier) {
  // Berlin, 2024-03-31: from 23:00 to 22:00 UTC.
  Add("u", "2024-03-30 23:00:00");
  Add("u", "2024-03-31 22:00:00");
  Add("v", "2024-03-30 23:00:00");
  Add("v", "2024-03-31 21:59:59.999999");
  v1::GetRetentionRequest request =
      Request("cohort_date: '2024-03-31' scope { time_zone: 'Europe/Berlin' } offsets: 1");
  EXPECT_THAT(Rows(Retention(request)), ElementsAre(ElementsAre(2, 1)));
}

TEST_F(RetentionTest, DayOf25HoursEndsAnHourLater) {
  // Berlin, 2023-10-29: from 22:00 to 23:00 UTC.
  Add("u", "2023-10-28 22:00:00");
  Add("u", "2023-10-29 22:30:00");
  Add("v", "2023-10-28 22:00:00");
  Add("v", "2023-10-29 23:00:00");
  v1::GetRetentionRequest request =
      Request("cohort_date: '2023-10-29' scope { time_zone: 'Europe/Berlin' } offsets: 1");
  EXPECT_THAT(Rows(Retention(request)), ElementsAre(ElementsAre(2, 1)));
}

TEST_F(RetentionTest, StartAndReturnAreTheirOwnEvents) {
  Add("u", "2024-03-01 08:00:00", "open");
  Add("u", "2024-03-02 08:00:00", "signup");
  Add("u", "2024-03-03 08:00:00", "open");
  Add("u", "2024-03-04 08:00:00", "buy");
  v1::GetRetentionRequest request = Days("01", "04");
  request.add_start_event_names("signup");
  request.add_start_event_names("register");
  request.add_return_event_names("buy");
  EXPECT_THAT(Rows(Retention(request)),
              ElementsAre(ElementsAre(0, 0, 0), ElementsAre(1, 0, 1), ElementsAre(0, 0, 0)));
  request.clear_return_event_names();
  EXPECT_THAT(Row(Retention(request).cohorts(1)), ElementsAre(1, 1, 1));
}

TEST_F(RetentionTest, ReturnBeforeTheStartIsNoReturn) {
  Add("u", "2024-03-01 08:00:00", "buy");
  Add("u", "2024-03-02 08:00:00", "signup");
  v1::GetRetentionRequest request = Days("01", "03");
  request.add_start_event_names("signup");
  request.add_return_event_names("buy");
  EXPECT_THAT(Rows(Retention(request)), ElementsAre(ElementsAre(0, 0, 0), ElementsAre(1, 0, 0)));
}

TEST_F(RetentionTest, ComingBackTwiceInADayCountsOnce) {
  Add("u", "2024-03-01 08:00:00");
  for (const char* time : {"2024-03-02 08:00:00", "2024-03-02 09:00:00", "2024-03-02 09:00:00"})
    Add("u", time);
  EXPECT_THAT(Rows(Retention(Days("01", "02"))), ElementsAre(ElementsAre(1, 1, 0)));
}

TEST_F(RetentionTest, OnADayIsNotOnOrAfterIt) {
  Add("u", "2024-03-01 08:00:00");
  Add("u", "2024-03-03 08:00:00");
  EXPECT_THAT(Rows(Retention(Days("01", "02"))), ElementsAre(ElementsAre(1, 0, 1)));
}

TEST_F(RetentionTest, SeesNothingAfterAsOf) {
  Add("u", "2024-03-01 08:00:00");
  Add("u", "2024-03-02 08:00:00");
  Add("v", "2024-03-01 08:00:00");
  Add("v", "2024-03-02 08:00:00.000001");
  EXPECT_THAT(Rows(Retention(AsOf("2024-03-02 08:00:00", Days("01", "02")))),
              ElementsAre(ElementsAre(2, 1, 0)));
}

TEST_F(RetentionTest, CellIsCompleteWhenItsPeriodHasEnded) {
  const auto complete = [&](const std::string& as_of) {
    const v1::GetRetentionResponse response = Retention(AsOf(as_of, Days("01", "02")));
    std::vector<bool> cells;
    for (const v1::RetentionCell& cell : response.cohorts(0).cells()) cells.push_back(cell.complete());
    return cells;
  };
  EXPECT_THAT(complete("2024-03-04 00:00:00"), ElementsAre(true, true));
  EXPECT_THAT(complete("2024-03-03 23:59:59.999999"), ElementsAre(true, false));
  EXPECT_THAT(complete("2024-03-02 12:00:00"), ElementsAre(false, false));
}

TEST_F(RetentionTest, IntervalIsWidenedToWholePeriods) {
  Add("monday", "2024-03-04 00:00:00");
  Add("sunday", "2024-03-03 12:00:00");
  v1::GetRetentionRequest request = Days("06", "07");
  request.set_period(v1::GRANULARITY_WEEK);
  v1::GetRetentionResponse response = Retention(request);
  EXPECT_THAT(Rows(response), ElementsAre(ElementsAre(1, 0, 0)));
  EXPECT_EQ(response.cohorts(0).bucket().label(), "2024-03-04");
  EXPECT_TRUE(response.cohorts(0).bucket().complete());
  EXPECT_EQ(response.scope().start_time().seconds(), absl::ToUnixSeconds(At("2024-03-04 00:00:00")));
  EXPECT_EQ(response.scope().end_time().seconds(), absl::ToUnixSeconds(At("2024-03-11 00:00:00")));
  request.mutable_scope()->set_week_start(v1::WEEK_START_SUNDAY);
  response = Retention(request);
  EXPECT_THAT(Rows(response), ElementsAre(ElementsAre(2, 0, 0)));
}

TEST_F(RetentionTest, MonthsHaveTheirOwnLengths) {
  Add("u", "2024-01-31 12:00:00");
  Add("u", "2024-02-29 12:00:00");
  Add("u", "2024-03-01 00:00:00");
  v1::GetRetentionRequest request = Request(
      "scope { interval { start_date: '2024-01-01' end_date: '2024-02-01' } } period: GRANULARITY_MONTH");
  const v1::GetRetentionResponse response = Retention(request);
  EXPECT_THAT(Rows(response), ElementsAre(ElementsAre(1, 1, 1, 0, 0, 0, 0)));
  EXPECT_THAT(response.offsets(), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(RetentionTest, RepeatedHourInAutumnIsTwoPeriods) {
  // Berlin, 2023-10-29: 02:30 comes at 00:30 and 01:30 UTC.
  Add("u", "2023-10-29 00:30:00");
  Add("u", "2023-10-29 01:30:00");
  v1::GetRetentionRequest request = Request(
      "scope { interval { start_time { seconds: 1698537600 } end_time { seconds: 1698541200 } } "
      "time_zone: 'Europe/Berlin' } period: GRANULARITY_HOUR offsets: 1");
  const v1::GetRetentionResponse response = Retention(request);
  EXPECT_THAT(Rows(response), ElementsAre(ElementsAre(1, 1)));
  EXPECT_EQ(response.cohorts(0).bucket().label(), "2023-10-29T02:00+02:00");
}

TEST_F(RetentionTest, DefaultOffsetsFollowThePeriod) {
  const auto offsets = [&](const std::string& period) {
    return Retention(
               Request("scope { interval { start_date: '2024-03-01' end_date: '2024-03-02' } } " + period))
        .offsets();
  };
  EXPECT_THAT(offsets(""), ElementsAre(1, 7, 30));
  EXPECT_THAT(offsets("period: GRANULARITY_WEEK"), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_EQ(offsets("period: GRANULARITY_HOUR").size(), 24);
}

TEST_F(RetentionTest, CohortDateIsOneCohort) {
  Add("u", "2024-03-01 08:00:00");
  Add("u", "2024-03-08 08:00:00");
  Add("v", "2024-03-02 08:00:00");
  const v1::GetRetentionResponse response = Retention(Request("cohort_date: '2024-03-01'"));
  EXPECT_THAT(Rows(response), ElementsAre(ElementsAre(1, 0, 1, 0)));
  EXPECT_EQ(response.scope().end_time().seconds(), absl::ToUnixSeconds(At("2024-03-02 00:00:00")));
}

TEST_F(RetentionTest, CohortsWithoutActorsArePresent) {
  const v1::GetRetentionResponse response = Retention(Days("01", "31"));
  EXPECT_EQ(response.cohorts_size(), 30);
  EXPECT_THAT(Rows(response), Each(ElementsAre(0, 0, 0)));
  EXPECT_EQ(response.pooled(0).cohort_count(), 30);
  EXPECT_FALSE(response.pooled(0).has_retention());
}

TEST_F(RetentionTest, UnknownNamesCountZero) {
  Add("u", "2024-03-01 08:00:00");
  Add("u", "2024-03-02 08:00:00");
  v1::GetRetentionRequest request = Days("01", "02");
  request.add_return_event_names("never");
  EXPECT_THAT(Rows(Retention(request)), ElementsAre(ElementsAre(1, 0, 0)));
  request.add_start_event_names("never");
  EXPECT_THAT(Rows(Retention(request)), ElementsAre(ElementsAre(0, 0, 0)));
}

TEST_F(RetentionTest, AnotherProjectsHistoryIsNotSeen) {
  Add("u", "2024-02-01 08:00:00");
  Load(history_);
  history_.events.clear();
  Add("u", "2024-03-01 08:00:00");
  EXPECT_THAT(Rows(Retention(Days("01", "02"))), ElementsAre(ElementsAre(1, 0, 0)));
}

TEST_F(RetentionTest, ReadsNoPartitionAfterTheLastPeriodOrAsOf) {
  Load({});
  const int year = YearOfMonths();
  const auto scanned = [&](const std::string& as_of) {
    v1::GetRetentionRequest request = Request("offsets: 1 offsets: 30");
    request.mutable_scope()->mutable_interval()->set_start_date(absl::StrCat(year, "-03-01"));
    request.mutable_scope()->mutable_interval()->set_end_date(absl::StrCat(year, "-04-01"));
    return ScannedPartitions(database(), [&](pqxx::transaction_base& transaction) {
      EXPECT_OK(query::Retention(AsOf(absl::StrCat(year, as_of), request), context_, transaction));
    });
  };
  const std::string march = absl::StrCat(year, "_03");
  const std::string april = absl::StrCat(year, "_04");
  // All history before it, for the first start; day 30 of March 31 is April 30.
  EXPECT_THAT(scanned("-12-31 00:00:00"), AllOf(Contains(absl::StrCat(year - 1)), Contains(april),
                                                Not(Contains(absl::StrCat(year, "_05")))));
  EXPECT_THAT(scanned("-03-20 00:00:00"), AllOf(Contains(march), Not(Contains(april))));
}

TEST_F(RetentionTest, RefusesWithTheFieldAndTheRule) {
  std::string offsets_101, names_101;
  for (int i = 1; i <= 101; ++i) {
    absl::StrAppend(&offsets_101, "offsets: ", i, " ");
    absl::StrAppend(&names_101, "return_event_names: 'n", i, "' ");
  }
  const std::vector<std::vector<std::string>> refusals = {
      {"offsets: 0", "offsets[0]:", "1 to 1000"},
      {"offsets: 1 offsets: 1001", "offsets[1]:", "1 to 1000"},
      {"offsets: -3", "offsets[0]:", "1 to 1000"},
      {"offsets: 7 offsets: 1", "offsets[1]:", "greater than the offset before"},
      {"offsets: 7 offsets: 7", "offsets[1]:", "greater than the offset before"},
      {offsets_101, "offsets:", "at most 100"},
      {"period: 9", "period:", "GRANULARITY_HOUR"},
      {"cohort_date: '2024-03-01' period: GRANULARITY_WEEK", "period:", "GRANULARITY_DAY"},
      {"cohort_date: '2024-03-01' scope { interval { start_date: '2024-03-01' } }",
       "cohort_date:", "scope.interval"},
      {"cohort_date: '2024-02-30'", "cohort_date:", "day"},
      {"start_event_names: ''", "start_event_names[0]:", "empty"},
      {"return_event_names: '" + std::string(201, 'x') + "'", "return_event_names[0]:", "200 bytes"},
      {names_101, "return_event_names:", "at most 100"},
      {"scope { interval { start_date: '2022-01-01' end_date: '2023-05-17' } }", "scope.interval:", "500"},
      {"scope { week_start: 5 }", "scope.week_start:", ""},
  };
  for (const std::vector<std::string>& refusal : refusals) {
    EXPECT_THAT(
        Ask(query::Retention, Request(refusal[0])),
        StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr(refusal[1]), HasSubstr(refusal[2]))))
        << refusal[0];
  }
}

TEST_F(RetentionTest, TakesTheLimitsThemselves) {
  std::string offsets_100;
  for (int i = 901; i <= 1000; ++i) absl::StrAppend(&offsets_100, "offsets: ", i, " ");
  const auto response =
      Ask(query::Retention,
          Request("scope { interval { start_date: '2022-01-01' end_date: '2023-05-16' } } " + offsets_100));
  ASSERT_OK(response);
  EXPECT_EQ(response->cohorts_size(), 500);
  EXPECT_EQ(response->cohorts(0).cells_size(), 100);
}

}  // namespace
}  // namespace donut::testing
