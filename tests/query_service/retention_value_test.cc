// Value retention and lifetime value, by hand.
#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/query_service/retention_test.h"

namespace donut::testing {
namespace {

using ::testing::ElementsAre;

constexpr char kPrice[] = "value_property: 'price' ";

class RetentionValueTest : public RetentionFixture {
 protected:
  void Buy(const std::string& user, const std::string& time, const std::string& price) {
    Add(user, time, "buy", {{"price", price}});
  }
};

// The example of docs/metrics/retention.md.
TEST_F(RetentionValueTest, AnswersTheExampleOfItsPage) {
  Buy("ann", "2024-03-01 09:00:00", "10");
  Buy("ann", "2024-03-02 09:00:00", "2.5");
  Buy("ann", "2024-03-03 09:00:00", "4");
  Add("bob", "2024-03-01 10:00:00", "visit");
  Buy("bob", "2024-03-03 10:00:00", "1");
  const auto response = Retention(Cohorts("01", "02") + kPrice + "offsets: 2 return_event_names: 'buy'");
  const v1::RetentionCohort& cohort = response.cohorts(0);
  EXPECT_EQ(response.value_property(), "price");
  EXPECT_THAT(Row(cohort), ElementsAre(2, 2));
  EXPECT_THAT(Sums(cohort), ElementsAre(10, 5));
  // Day 1 is not asked for, and counts.
  EXPECT_THAT(CumulativeSums(cohort), ElementsAre(10, 17.5));
  EXPECT_DOUBLE_EQ(cohort.value().cumulative_per_actor(), 5);
  EXPECT_DOUBLE_EQ(cohort.cells(0).value().cumulative_per_actor(), 8.75);
}

TEST_F(RetentionValueTest, DecimalsAddUpExactly) {
  Buy("u", "2024-03-01 09:00:00", "0.1");
  Buy("u", "2024-03-01 10:00:00", "0.2");
  Buy("u", "2024-03-02 10:00:00", "0.3");
  Buy("v", "2024-03-02 09:00:00", "0.7");
  const auto response = Retention(Cohorts("01", "03") + kPrice + "offsets: 1");
  EXPECT_EQ(response.cohorts(0).value().sum(), 0.3);
  EXPECT_EQ(response.cohorts(0).cells(0).value().cumulative_sum(), 0.6);
  // 0.6 + 0.7 is 1.2999999999999998 in doubles.
  EXPECT_EQ(response.pooled(0).value().cumulative_sum(), 1.3);
}

TEST_F(RetentionValueTest, DecimalsOfAnyLengthAddUpExactly) {
  Buy("u", "2024-03-01 09:00:00", "123456789012345678901234567890");
  Buy("u", "2024-03-01 09:00:01", "0.1000000000000000000000000000001");
  Buy("u", "2024-03-01 09:00:02", "-123456789012345678901234567890");
  Buy("u", "2024-03-01 09:00:03", "0.2");
  Buy("u", "2024-03-02 09:00:00", "-1e-25");
  const auto response = Retention(Cohorts("01", "02") + kPrice + "offsets: 1");
  EXPECT_EQ(response.cohorts(0).value().sum(), 0.3);
  EXPECT_EQ(response.cohorts(0).cells(0).value().sum(), -1e-25);
}

TEST_F(RetentionValueTest, WhatIsNoNumberCountsZeroAndRetainsAllTheSame) {
  Add("u", "2024-03-01 09:00:00");
  for (const char* price : {"\"5\"", "null", "true", "[5]", "{\"price\": 5}", "-2", "1.5"}) {
    Buy("u", "2024-03-02 09:00:00", price);
  }
  Add("v", "2024-03-01 09:00:00");
  Buy("v", "2024-03-02 09:00:00", "\"7\"");
  for (const char* alignment : {"", kRolling}) {
    const auto response = Retention(Cohorts("01", "02") + kPrice + alignment + "offsets: 1");
    EXPECT_THAT(Row(response.cohorts(0)), ElementsAre(2, 2));
    EXPECT_THAT(Sums(response.cohorts(0)), ElementsAre(0, -0.5));
  }
}

TEST_F(RetentionValueTest, ValueBeforeTheStartIsNotTheCohorts) {
  Buy("u", "2024-03-01 08:59:59", "100");
  // At the instant of the start, whichever came first.
  Buy("u", "2024-03-01 09:00:00", "1");
  Add("u", "2024-03-01 09:00:00", "signup");
  Buy("u", "2024-03-01 09:00:01", "2");
  for (const char* options : {"", kRolling, kRecurring}) {
    const auto response =
        Retention(Cohorts("01", "02") + kPrice + options + "offsets: 1 start_event_names: 'signup'");
    EXPECT_THAT(Sums(response.cohorts(0)), ElementsAre(3, 0)) << options;
    EXPECT_THAT(CumulativeSums(response.cohorts(0)), ElementsAre(3, 3)) << options;
  }
}

TEST_F(RetentionValueTest, OnOrAfterSumsToTheEndAndAccumulatesToItsOffset) {
  for (const char* day : {"01", "02", "03", "04", "05"})
    Buy("u", absl::StrCat("2024-03-", day, " 09:00:00"), "1");
  for (const char* options : {"", kRolling}) {
    const auto response =
        Retention(Cohorts("01", "02") + kPrice + kOrAfter + options + "offsets: 1 offsets: 3");
    EXPECT_THAT(Sums(response.cohorts(0)), ElementsAre(1, 4, 2)) << options;
    EXPECT_THAT(CumulativeSums(response.cohorts(0)), ElementsAre(1, 2, 4)) << options;
  }
}

TEST_F(RetentionValueTest, BracketSumsItsPeriodsAndAccumulatesToItsLast) {
  for (const char* day : {"01", "02", "03", "04", "05"})
    Buy("u", absl::StrCat("2024-03-", day, " 09:00:00"), "1");
  for (const char* options : {"", kRolling, kRecurring}) {
    const auto response =
        Retention(Cohorts("01", "02") + kPrice + options + "brackets { first_offset: 2 last_offset: 3 }");
    EXPECT_THAT(Row(response.cohorts(0)), ElementsAre(1, 1)) << options;
    EXPECT_THAT(Sums(response.cohorts(0)), ElementsAre(1, 2)) << options;
    EXPECT_THAT(CumulativeSums(response.cohorts(0)), ElementsAre(1, 4)) << options;
  }
}

TEST_F(RetentionValueTest, RecurringGivesEachCohortItsOwnLaterValue) {
  for (const char* day : {"01", "02", "03"}) Buy("u", absl::StrCat("2024-03-", day, " 09:00:00"), "1");
  const auto response = Retention(Cohorts("01", "03") + kPrice + kRecurring + "offsets: 1 offsets: 2");
  EXPECT_THAT(CumulativeSums(response.cohorts(0)), ElementsAre(1, 2, 3));
  EXPECT_THAT(CumulativeSums(response.cohorts(1)), ElementsAre(1, 2, 2));
  EXPECT_EQ(response.pooled(0).value().cumulative_sum(), 4);
  EXPECT_EQ(response.pooled(0).value().cumulative_per_actor(), 2);
}

TEST_F(RetentionValueTest, PooledValueLeavesOutIncompleteCohorts) {
  Buy("u", "2024-03-01 09:00:00", "1");
  Buy("v", "2024-03-02 09:00:00", "10");
  const auto response =
      Retention(AsOf("2024-03-03 12:00:00", Request(Cohorts("01", "03") + kPrice + "offsets: 1 offsets: 2")));
  EXPECT_EQ(response.pooled(0).value().cumulative_sum(), 1);
  EXPECT_EQ(response.pooled(0).size(), 1);
  EXPECT_EQ(response.pooled(1).value().cumulative_sum(), 0);
  EXPECT_FALSE(response.pooled(1).value().has_cumulative_per_actor()) << "there is nobody to divide by";
  EXPECT_EQ(response.cohorts(1).cells(0).value().cumulative_sum(), 10) << "seen, although incomplete";
}

TEST_F(RetentionValueTest, EmptyCohortHasZerosAndNoShare) {
  const auto response = Retention(Cohorts("01", "02") + kPrice + "offsets: 1");
  EXPECT_TRUE(response.cohorts(0).has_value());
  EXPECT_EQ(response.cohorts(0).cells(0).value().sum(), 0);
  EXPECT_FALSE(response.cohorts(0).cells(0).value().has_cumulative_per_actor());
}

TEST_F(RetentionValueTest, SumBeyondDoublesIsTheLargestDouble) {
  for (int i = 0; i < 2; ++i) {
    Buy("u", "2024-03-01 09:00:00", "1.7e308");
    Buy("u", "2024-03-02 09:00:00", "-1.7e308");
  }
  const auto response = Retention(Cohorts("01", "02") + kPrice + "offsets: 1");
  EXPECT_THAT(Sums(response.cohorts(0)),
              ElementsAre(std::numeric_limits<double>::max(), std::numeric_limits<double>::lowest()));
  EXPECT_THAT(CumulativeSums(response.cohorts(0)), ElementsAre(std::numeric_limits<double>::max(), 0));
}

TEST_F(RetentionValueTest, FiltersDecideWhichReturnsHaveValue) {
  Buy("u", "2024-03-01 09:00:00", "1");
  Buy("u", "2024-03-02 09:00:00", "2");
  Buy("u", "2024-03-02 10:00:00", "40");
  const auto response = Retention(Cohorts("01", "02") + kPrice +
                                  "offsets: 1 return_filter { condition { event_property: 'price' "
                                  "less { number_value: 10 } } }");
  EXPECT_THAT(Sums(response.cohorts(0)), ElementsAre(1, 2));
}

}  // namespace
}  // namespace donut::testing
