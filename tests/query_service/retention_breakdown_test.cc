// Retention by the values of a property, by hand.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/query_service/retention_test.h"

namespace donut::testing {
namespace {

using ::testing::ElementsAre;

constexpr char kByPlan[] = "breakdown { event_property: 'plan' } ";

class RetentionBreakdownTest : public RetentionFixture {
 protected:
  void Start(const std::string& user, const std::string& time, const std::string& plan) {
    if (plan.empty()) return Add(user, time);
    Add(user, time, "open", {{"plan", plan}});
  }

  static std::string NameOf(const v1::BreakdownValue& value) {
    return value.other() ? "(other)" : value.none() ? "(none)" : value.text();
  }
  static std::vector<std::string> Names(const v1::GetRetentionResponse& response) {
    std::vector<std::string> names;
    for (const v1::RetentionBreakdownRow& row : response.breakdown_rows())
      names.push_back(NameOf(row.value()));
    return names;
  }
};

// The example of docs/metrics/retention.md.
TEST_F(RetentionBreakdownTest, AnswersTheExampleOfItsPage) {
  Start("ann", "2024-03-01 09:00:00", "\"pro\"");
  Start("ann", "2024-03-02 09:00:00", "\"free\"");
  Start("bob", "2024-03-01 09:00:00", "\"free\"");
  Start("cat", "2024-03-02 09:00:00", "\"pro\"");
  Start("dan", "2024-03-01 09:00:00", "");
  Start("dan", "2024-03-02 09:00:00", "\"pro\"");
  const auto response = Retention(Cohorts("01", "03") + kByPlan + "offsets: 1");
  EXPECT_THAT(Rows(response), ElementsAre(ElementsAre(3, 2), ElementsAre(1, 0)));
  EXPECT_THAT(Names(response), ElementsAre("pro", "free", "(none)"));
  EXPECT_THAT(Rows(response.breakdown_rows(0)), ElementsAre(ElementsAre(1, 1), ElementsAre(1, 0)));
  EXPECT_THAT(Rows(response.breakdown_rows(1)), ElementsAre(ElementsAre(1, 0), ElementsAre(0, 0)));
  EXPECT_THAT(Rows(response.breakdown_rows(2)), ElementsAre(ElementsAre(1, 1), ElementsAre(0, 0)));
  EXPECT_EQ(response.breakdown_rows(0).size(), 2);
  EXPECT_EQ(response.breakdown_rows(0).pooled(0).size(), 2);
  EXPECT_DOUBLE_EQ(response.breakdown_rows(0).pooled(0).retention().value(), 0.5);
  EXPECT_EQ(response.breakdown_value_count(), 2);
  EXPECT_EQ(response.breakdown().limit(), 10);
}

TEST_F(RetentionBreakdownTest, ValuesBehindTheLimitAreOneRowOfTheirOwnActors) {
  for (const char* user : {"a1", "a2", "a3"}) Start(user, "2024-03-01 09:00:00", "\"a\"");
  for (const char* user : {"c1", "c2"}) Start(user, "2024-03-01 09:00:00", "\"c\"");
  for (const char* user : {"b1", "b2"}) Start(user, "2024-03-01 09:00:00", "\"b\"");
  Start("d1", "2024-03-01 09:00:00", "\"d\"");
  Start("n1", "2024-03-01 09:00:00", "null");
  for (const char* user : {"a1", "c1", "d1"}) Add(user, "2024-03-02 09:00:00");
  const auto response =
      Retention(Cohorts("01", "02") + "offsets: 1 breakdown { event_property: 'plan' limit: 2 }");
  // b and c are as large: b by its text.
  EXPECT_THAT(Names(response), ElementsAre("a", "b", "(other)", "(none)"));
  EXPECT_THAT(Rows(response.breakdown_rows(1)), ElementsAre(ElementsAre(2, 0)));
  EXPECT_THAT(Rows(response.breakdown_rows(2)), ElementsAre(ElementsAre(3, 2)));
  EXPECT_EQ(response.breakdown_value_count(), 4);
}

TEST_F(RetentionBreakdownTest, TiesGoByBytesAndNotByAlphabet) {
  for (const char* plan : {"\"a\"", "\"B\"", "\"\\u00e9\"", "\"z\""}) {
    Start(plan, "2024-03-01 09:00:00", plan);
  }
  EXPECT_THAT(Names(Retention(Cohorts("01", "02") + kByPlan + "offsets: 1")),
              ElementsAre("B", "a", "z", "é"));
}

TEST_F(RetentionBreakdownTest, NumberAndTextThatReadAlikeAreOneRow) {
  Start("u", "2024-03-01 09:00:00", "1");
  Start("v", "2024-03-01 09:00:00", "\"1\"");
  const auto response = Retention(Cohorts("01", "02") + kByPlan + "offsets: 1");
  EXPECT_THAT(Names(response), ElementsAre("1"));
  EXPECT_EQ(response.breakdown_rows(0).size(), 2);
}

TEST_F(RetentionBreakdownTest, EventThatStartsNothingGivesNoValue) {
  Add("u", "2024-03-01 08:00:00", "visit", {{"plan", "\"wrong\""}});
  Add("u", "2024-03-01 09:00:00", "signup", {{"plan", "\"right\""}});
  Add("u", "2024-03-01 10:00:00", "signup", {{"plan", "\"late\""}});
  EXPECT_THAT(Names(Retention(Cohorts("01", "02") + kByPlan + "offsets: 1 start_event_names: 'signup'")),
              ElementsAre("right"));
}

TEST_F(RetentionBreakdownTest, OfStartEventsAtOneInstantTheFirstInEventOrderHasTheValue) {
  Start("u", "2024-03-01 09:00:00", "\"second\"");
  Start("u", "2024-03-01 09:00:00", "\"first\"");
  history_.events[0].producer_no = 2;
  history_.events[0].sequence = 1;
  EXPECT_THAT(Names(Retention(Cohorts("01", "02") + kByPlan + "offsets: 1")), ElementsAre("first"));
  history_.events[1].producer_no = 2;
  history_.events[1].sequence = 0;
  EXPECT_THAT(Names(Retention(Cohorts("01", "02") + kByPlan + "offsets: 1")), ElementsAre("first"));
  history_.events[1].sequence = 2;
  EXPECT_THAT(Names(Retention(Cohorts("01", "02") + kByPlan + "offsets: 1")), ElementsAre("second"));
}

TEST_F(RetentionBreakdownTest, RecurringActorHasTheValueOfEachPeriodsFirstStart) {
  Start("u", "2024-03-01 09:00:00", "\"free\"");
  Start("u", "2024-03-01 10:00:00", "\"pro\"");
  Start("u", "2024-03-02 09:00:00", "\"pro\"");
  const auto response = Retention(Cohorts("01", "03") + kByPlan + kRecurring + "offsets: 1");
  EXPECT_THAT(Names(response), ElementsAre("free", "pro"));
  EXPECT_THAT(Rows(response.breakdown_rows(0)), ElementsAre(ElementsAre(1, 1), ElementsAre(0, 0)));
  EXPECT_THAT(Rows(response.breakdown_rows(1)), ElementsAre(ElementsAre(0, 0), ElementsAre(1, 0)));
  EXPECT_FALSE(response.breakdown_rows(0).pooled(0).retention().has_low());
}

TEST_F(RetentionBreakdownTest, ByUserPropertyAndByEventName) {
  Add("u", "2024-03-01 09:00:00", "open");
  Add("v", "2024-03-01 09:00:00", "signup");
  history_.user_properties["u"] = {{"home", "{\"city\": \"Berlin\"}"}};
  const auto by_city =
      Retention(Cohorts("01", "02") + "offsets: 1 breakdown { user_property: 'home' nested_keys: 'city' }");
  EXPECT_THAT(Names(by_city), ElementsAre("Berlin", "(none)"));
  const auto by_name = Retention(Cohorts("01", "02") + "offsets: 1 breakdown { event_name: true }");
  EXPECT_THAT(Names(by_name), ElementsAre("open", "signup"));
}

TEST_F(RetentionBreakdownTest, ValueOfARowIsThatOfItsActors) {
  Add("u", "2024-03-01 09:00:00", "open", {{"plan", "\"pro\""}, {"price", "2"}});
  Add("v", "2024-03-01 09:00:00", "open", {{"plan", "\"free\""}, {"price", "0.5"}});
  Add("v", "2024-03-02 09:00:00", "open", {{"plan", "\"pro\""}, {"price", "7"}});
  const auto response = Retention(Cohorts("01", "02") + kByPlan + "offsets: 1 value_property: 'price'");
  EXPECT_THAT(Names(response), ElementsAre("free", "pro"));
  EXPECT_THAT(Sums(response.breakdown_rows(0).cohorts(0)), ElementsAre(0.5, 7));
  EXPECT_THAT(CumulativeSums(response.breakdown_rows(0).cohorts(0)), ElementsAre(0.5, 7.5));
  EXPECT_EQ(response.breakdown_rows(0).pooled(0).value().cumulative_sum(), 7.5);
  EXPECT_THAT(CumulativeSums(response.cohorts(0)), ElementsAre(2.5, 9.5));
}

TEST_F(RetentionBreakdownTest, NobodyGivesNoRows) {
  const auto response = Retention(Cohorts("01", "02") + kByPlan + "offsets: 1");
  EXPECT_EQ(response.breakdown_rows_size(), 0);
  EXPECT_EQ(response.breakdown_value_count(), 0);
  EXPECT_THAT(Rows(response), ElementsAre(ElementsAre(0, 0)));
}

TEST_F(RetentionBreakdownTest, HostileKeysAndValuesAreNoSql) {
  const std::string hostile = "'); DROP TABLE users; -- $12 {filter} {users} \\\" %";
  Add("u", "2024-03-01 09:00:00", hostile, {{hostile, "\"{breakdown} '' $1\""}, {"price", "3"}});
  Add("u", "2024-03-02 09:00:00", hostile, {{hostile, "4"}});
  v1::GetRetentionRequest request = Request(Cohorts("01", "02") + "offsets: 1");
  request.add_start_event_names(hostile);
  request.add_return_event_names(hostile);
  request.mutable_breakdown()->set_event_property(hostile);
  request.set_value_property(hostile);
  for (const v1::RetentionKind kind : {v1::RETENTION_KIND_FIRST_TIME, v1::RETENTION_KIND_RECURRING}) {
    request.set_kind(kind);
    const auto response = Retention(request);
    EXPECT_THAT(Names(response), ElementsAre("{breakdown} '' $1"));
    EXPECT_THAT(Sums(response.cohorts(0)), ElementsAre(0, 4));
  }
}

}  // namespace
}  // namespace donut::testing
