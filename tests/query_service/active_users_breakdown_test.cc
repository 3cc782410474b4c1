#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/proto_time.h"
#include "query_service/metrics/active_users/active_users.h"
#include "tests/query_service/metric_test.h"
#include "tests/query_service/scanned_partitions.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

using Properties = std::map<std::string, std::string>;

class ActiveUsersBreakdownTest : public MetricTest {
 protected:
  v1::GetActiveUsersResponse Answer(const v1::GetActiveUsersRequest& request) {
    const absl::StatusOr<v1::GetActiveUsersResponse> response = Ask(query::ActiveUsers, request);
    EXPECT_OK(response);
    return response.ok() ? *response : v1::GetActiveUsersResponse();
  }

  void Refuses(const v1::GetActiveUsersRequest& request, const std::string& field, const std::string& rule) {
    EXPECT_THAT(Ask(query::ActiveUsers, request),
                StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr(field), HasSubstr(rule))));
  }
};

// By the event property p, 1 to 3 March 2024.
v1::GetActiveUsersRequest ByP(int limit = 0) {
  v1::GetActiveUsersRequest request;
  request.mutable_scope()->mutable_interval()->set_start_date("2024-03-01");
  request.mutable_scope()->mutable_interval()->set_end_date("2024-03-04");
  request.mutable_breakdown()->set_event_property("p");
  request.mutable_breakdown()->set_limit(limit);
  return request;
}

HistoryEvent BreakdownEvent(const std::string& user, const std::string& time,
                            const Properties& properties = {}, const std::string& name = "a",
                            const std::string& session = "") {
  static int64_t sequence = 0;
  return {At(time), user, session, name, 1, ++sequence, properties};
}

std::string NameOf(const v1::BreakdownValue& value) {
  return value.has_text() ? absl::StrCat("=", value.text()) : value.has_other() ? "other" : "none";
}

// "=value 3: 1 0 2", the active count of the interval and those of its buckets.
std::vector<std::string> Rows(const v1::GetActiveUsersResponse& response) {
  std::vector<std::string> rows;
  for (const v1::ActiveUsersBreakdownRow& row : response.breakdown_rows()) {
    std::string text = absl::StrCat(NameOf(row.value()), " ", row.active_count(), ":");
    for (const auto& bucket : row.buckets()) absl::StrAppend(&text, " ", bucket.active_count());
    rows.push_back(text);
  }
  return rows;
}

// The example of docs/metrics/active_users.md.
TEST_F(ActiveUsersBreakdownTest, AnswersTheExampleOfThePage) {
  Load({{BreakdownEvent("ann", "2024-03-01 10:00:00", {{"p", "\"web\""}}),
         BreakdownEvent("ann", "2024-03-03 10:00:00", {{"p", "\"app\""}}),
         BreakdownEvent("ben", "2024-03-03 11:00:00", {{"p", "\"app\""}})},
        {}});
  const auto response = Answer(ByP());
  EXPECT_EQ(response.active_count(), 2);
  EXPECT_THAT(Rows(response), ElementsAre("=app 2: 0 0 2", "=web 1: 1 0 0"));
  EXPECT_EQ(response.breakdown_value_count(), 2);
  EXPECT_EQ(response.breakdown().limit(), 10);
  EXPECT_EQ(response.breakdown().event_property(), "p");
  // ann came before, though with another value.
  EXPECT_EQ(response.breakdown_rows(0).buckets(2).new_count(), 1);
  EXPECT_EQ(response.breakdown_rows(0).buckets(2).known_count(), 1);
  // Of the value's own events.
  EXPECT_EQ(response.breakdown_rows(1).buckets(2).trailing_7_day_count(), 1);
  EXPECT_EQ(response.breakdown_rows(1).buckets(2).stickiness().value(), 0);
}

TEST_F(ActiveUsersBreakdownTest, IsNewInTheRowOfEveryValueOfItsFirstBucketOnly) {
  Load({{BreakdownEvent("ann", "2024-03-01 10:00:00", {{"p", "1"}}),
         BreakdownEvent("ann", "2024-03-01 11:00:00", {{"p", "2"}}),
         BreakdownEvent("ann", "2024-03-02 10:00:00", {{"p", "3"}})},
        {}});
  const auto response = Answer(ByP());
  EXPECT_THAT(Rows(response), ElementsAre("=1 1: 1 0 0", "=2 1: 1 0 0", "=3 1: 0 1 0"));
  EXPECT_EQ(response.breakdown_rows(0).buckets(0).new_count(), 1);
  EXPECT_EQ(response.breakdown_rows(1).buckets(0).new_count(), 1);
  EXPECT_EQ(response.breakdown_rows(2).buckets(1).new_count(), 0);
}

TEST_F(ActiveUsersBreakdownTest, OtherCountsAnActorOfManyValuesOnce) {
  std::vector<HistoryEvent> events = {BreakdownEvent("ben", "2024-03-01 10:00:00", {{"p", "\"top\""}}),
                                      BreakdownEvent("cem", "2024-03-01 10:00:00", {{"p", "\"top\""}})};
  for (int i = 0; i < 5; ++i) {
    events.push_back(BreakdownEvent("ann", "2024-03-02 10:00:00", {{"p", absl::StrCat(i)}}));
  }
  Load({events, {}});
  const auto response = Answer(ByP(1));
  EXPECT_THAT(Rows(response), ElementsAre("=top 2: 2 0 0", "other 1: 0 1 0"));
  EXPECT_EQ(response.breakdown_value_count(), 6);
}

TEST_F(ActiveUsersBreakdownTest, TiesAreInTheOrderOfBytes) {
  std::vector<HistoryEvent> events;
  for (const char* value : {"\"a\"", "\"B\"", "\"\\u00e9\"", "\"_\"", "10", "9", "\"\""}) {
    events.push_back(BreakdownEvent("ann", "2024-03-01 10:00:00", {{"p", value}}));
  }
  Load({events, {}});
  EXPECT_THAT(Rows(Answer(ByP(6))), ElementsAre("= 1: 1 0 0", "=10 1: 1 0 0", "=9 1: 1 0 0", "=B 1: 1 0 0",
                                                "=_ 1: 1 0 0", "=a 1: 1 0 0", "other 1: 1 0 0"));
}

TEST_F(ActiveUsersBreakdownTest, ValuesCompareByTheirText) {
  Load({{BreakdownEvent("ann", "2024-03-01 10:00:00", {{"p", "1"}}),
         BreakdownEvent("ben", "2024-03-01 10:00:00", {{"p", "\"1\""}}),
         BreakdownEvent("cem", "2024-03-01 10:00:00", {{"p", "{\"x\": [1, null]}"}}),
         BreakdownEvent("dan", "2024-03-01 10:00:00", {{"p", "true"}}),
         BreakdownEvent("eve", "2024-03-01 10:00:00", {{"p", "null"}}),
         BreakdownEvent("fay", "2024-03-01 10:00:00")},
        {}});
  EXPECT_THAT(Rows(Answer(ByP())),
              ElementsAre("=1 2: 2 0 0", "=true 1: 1 0 0", "={\"x\": [1, null]} 1: 1 0 0", "none 2: 2 0 0"));
}

TEST_F(ActiveUsersBreakdownTest, NoneIsNotAmongTheLimitAndTheTextsNoneAndOtherAreValues) {
  Load({{BreakdownEvent("ann", "2024-03-01 10:00:00"), BreakdownEvent("ben", "2024-03-01 10:00:00"),
         BreakdownEvent("ann", "2024-03-01 10:00:00", {{"p", "\"none\""}}),
         BreakdownEvent("ann", "2024-03-01 10:00:00", {{"p", "\"other\""}})},
        {}});
  const auto response = Answer(ByP(2));
  EXPECT_THAT(Rows(response), ElementsAre("=none 1: 1 0 0", "=other 1: 1 0 0", "none 2: 2 0 0"));
  EXPECT_EQ(response.breakdown_value_count(), 2);
}

TEST_F(ActiveUsersBreakdownTest, ValueBeforeTheIntervalHasNoRowAndIsOneOfTheOthers) {
  Load({{BreakdownEvent("ann", "2024-02-29 10:00:00", {{"p", "\"before\""}}),
         BreakdownEvent("ben", "2024-03-01 10:00:00", {{"p", "\"top\""}}),
         BreakdownEvent("cem", "2024-03-01 10:00:00", {{"p", "\"top\""}}),
         BreakdownEvent("ben", "2024-03-02 10:00:00", {{"p", "\"late\""}})},
        {}});
  // With room for it in the limit, too.
  EXPECT_THAT(Rows(Answer(ByP(10))), ElementsAre("=top 2: 2 0 0", "=late 1: 0 1 0"));
  const auto response = Answer(ByP(1));
  EXPECT_THAT(Rows(response), ElementsAre("=top 2: 2 0 0", "other 1: 0 1 0"));
  EXPECT_EQ(response.breakdown_value_count(), 2);
  EXPECT_EQ(response.breakdown_rows(1).buckets(0).trailing_30_day_count(), 1);
  EXPECT_EQ(response.breakdown_rows(1).buckets(1).trailing_30_day_count(), 2);
}

TEST_F(ActiveUsersBreakdownTest, UserPropertyIsAsItIsNowAndSessionsAreCounted) {
  History history = {{BreakdownEvent("ann", "2024-03-01 10:00:00", {}, "a", "s1"),
                      BreakdownEvent("ann", "2024-03-01 10:00:00", {}, "a", "s2"),
                      BreakdownEvent("ben", "2024-03-01 10:00:00", {}, "a", "s1"),
                      BreakdownEvent("ben", "2024-03-02 10:00:00")},
                     {}};
  history.user_properties["ann"] = {{"p", "{\"0\": {\"a.b\": \"x\"}}"}};
  Load(history);
  auto request = ByP();
  request.mutable_breakdown()->set_user_property("p");
  request.mutable_breakdown()->add_nested_keys("0");
  request.mutable_breakdown()->add_nested_keys("a.b");
  request.set_actor(v1::ACTOR_SESSION);
  EXPECT_THAT(Rows(Answer(request)), ElementsAre("=x 2: 2 0 0", "none 1: 1 0 0"));
}

TEST_F(ActiveUsersBreakdownTest, EventNameIsAValueAndFiltersHold) {
  Load({{BreakdownEvent("ann", "2024-03-01 10:00:00", {{"p", "1"}}, "visit"),
         BreakdownEvent("ann", "2024-03-01 10:00:00", {{"p", "1"}}, "buy"),
         BreakdownEvent("ben", "2024-03-01 10:00:00", {{"p", "1"}}, "visit"),
         BreakdownEvent("cem", "2024-03-01 10:00:00", {{"p", "2"}}, "visit")},
        {}});
  auto request = ByP();
  request.mutable_breakdown()->set_event_name(true);
  auto& condition = *request.mutable_scope()->mutable_filter()->mutable_condition();
  condition.set_event_property("p");
  condition.mutable_equals()->set_number_value(1);
  EXPECT_THAT(Rows(Answer(request)), ElementsAre("=visit 2: 2 0 0", "=buy 1: 1 0 0"));
  request.add_event_names("buy");
  EXPECT_THAT(Rows(Answer(request)), ElementsAre("=buy 1: 1 0 0"));
  request.mutable_event_names()->Clear();
  request.add_event_names("never");
  const auto response = Answer(request);
  EXPECT_THAT(Rows(response), ElementsAre());
  EXPECT_EQ(response.breakdown_value_count(), 0);
  EXPECT_THAT(response.buckets(), SizeIs(3));
}

TEST_F(ActiveUsersBreakdownTest, KeysAndValuesAreTextsWhateverTheySay) {
  const std::vector<std::string> texts = {"it's",
                                          "\"",
                                          "\\",
                                          "a,b",
                                          "{}",
                                          "{filter}",
                                          "{users}",
                                          "{value}",
                                          "$1",
                                          "$13",
                                          "NULL",
                                          "%",
                                          "-- ",
                                          "a.b",
                                          "naïve ☕",
                                          " ",
                                          "a\nb",
                                          "{1}",
                                          "{v}",
                                          std::string(255, 'k'),
                                          "']; DROP TABLE users; --"};
  for (const std::string& text : texts) {
    std::string json = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') json += '\\';
      json += c == '\n' ? "\\n" : std::string(1, c);
    }
    json += '"';
    Load(
        {{BreakdownEvent("ann", "2024-03-01 10:00:00", {{text, json}}),
          BreakdownEvent("ben", "2024-03-01 10:00:00", {{"nest", absl::StrCat("{", json, ": ", json, "}")}})},
         {}});
    auto request = ByP();
    request.mutable_breakdown()->set_event_property(text);
    EXPECT_THAT(Rows(Answer(request)), ElementsAre(absl::StrCat("=", text, " 1: 1 0 0"), "none 1: 1 0 0"));
    request.mutable_breakdown()->set_event_property("nest");
    request.mutable_breakdown()->add_nested_keys(text);
    EXPECT_THAT(Rows(Answer(request)), ElementsAre(absl::StrCat("=", text, " 1: 1 0 0"), "none 1: 1 0 0"));
  }
}

TEST_F(ActiveUsersBreakdownTest, AnswersForAHundredThousandValues) {
  Load({});
  pqxx::work transaction(database().owner());
  transaction.exec_params(
      "INSERT INTO analytics_events (event_time, received_time, user_id, sequence, project_id, "
      "event_name_id, "
      "producer_no, properties) SELECT timestamptz '2024-03-02 00:00:00Z', now(), i, i, $1::int, 1, 1, "
      "jsonb_build_object('p', CASE WHEN i <= 100000 THEN i ELSE i % 2 END) FROM generate_series(1, 100005) "
      "AS i",
      context_.project.project_id);
  transaction.commit();
  Pack();
  const auto response = Answer(ByP(3));
  EXPECT_THAT(Rows(response),
              ElementsAre("=1 4: 0 4 0", "=0 2: 0 2 0", "=10 1: 0 1 0", "other 99998: 0 99998 0"));
  EXPECT_EQ(response.breakdown_value_count(), 100'001);
  // The tests that follow would read them all.
  pqxx::work emptying(database().owner());
  emptying.exec("TRUNCATE analytics_events");
  emptying.commit();
}

TEST_F(ActiveUsersBreakdownTest, ReadsNoPartitionAfterTheEnd) {
  auto request = ByP();
  request.mutable_scope()->mutable_interval()->set_start_date("2015-03-01");
  request.mutable_scope()->mutable_interval()->set_end_date("2015-03-04");
  request.set_compare_to_previous(true);
  const auto partitions = ScannedPartitions(database(), [&](pqxx::transaction_base& transaction) {
    EXPECT_OK(query::ActiveUsers(request, context_, transaction));
  });
  EXPECT_TRUE(partitions.count("2015"));
  for (const std::string& partition : partitions) EXPECT_LE(partition.substr(0, 4), "2015");
}

TEST_F(ActiveUsersBreakdownTest, RefusesWithFieldAndRule) {
  auto request = ByP(101);
  Refuses(request, "breakdown.limit", "must be from 1 to 100");
  request = ByP(-1);
  Refuses(request, "breakdown.limit", "must be from 1 to 100");
  request = ByP();
  request.mutable_breakdown()->set_event_property("");
  Refuses(request, "breakdown.event_property", "must not be empty");
  request.mutable_breakdown()->set_user_property(std::string(256, 'k'));
  Refuses(request, "breakdown.user_property", "255");
  request.mutable_breakdown()->set_event_name(false);
  Refuses(request, "breakdown.event_name", "must be true");
  request.mutable_breakdown()->set_event_name(true);
  request.mutable_breakdown()->add_nested_keys("x");
  Refuses(request, "breakdown.nested_keys", "");
  request.mutable_breakdown()->clear_subject();
  Refuses(request, "breakdown", "must have one of event_property, user_property and event_name");
}

TEST_F(ActiveUsersBreakdownTest, RefusesMoreBucketsThanAnAnswerCarries) {
  Load({});
  auto request = ByP(98);  // 100 rows with `other` and `none`
  request.mutable_scope()->mutable_interval()->set_start_date("2023-01-01");
  request.mutable_scope()->mutable_interval()->set_end_date("2023-10-28");  // 300 days
  Answer(request);
  request.mutable_breakdown()->set_limit(99);
  Refuses(request, "breakdown.limit", "at most 30000 buckets over all rows");
  request.mutable_scope()->mutable_interval()->set_end_date("2023-10-24");
  Answer(request);
}

// 4 MiB is what our server sends, and what clients take unless told otherwise.
TEST(ActiveUsersAnswerTest, LargestOneFitsIntoAMessage) {
  v1::ActiveUsersBucket bucket;
  *bucket.mutable_bucket()->mutable_start_time() = donut::ToProto(At("2199-12-30 00:00:00"));
  *bucket.mutable_bucket()->mutable_end_time() = donut::ToProto(At("2199-12-31 00:00:00"));
  bucket.mutable_bucket()->set_label("2199-12-30");
  bucket.mutable_bucket()->set_complete(true);
  bucket.set_active_count(20'000'000);
  bucket.set_new_count(10'000'000);
  bucket.set_known_count(10'000'000);
  bucket.set_trailing_7_day_count(50'000'000);
  bucket.set_trailing_30_day_count(90'000'000);
  bucket.mutable_stickiness()->set_value(0.22);
  bucket.mutable_stickiness()->set_low(0.21);
  bucket.mutable_stickiness()->set_high(0.23);
  v1::GetActiveUsersResponse response;
  for (int i = 0; i < query::kMaxActiveUsersBuckets; ++i) {
    *response.add_buckets() = bucket;
    *response.mutable_previous()->add_buckets() = bucket;
  }
  v1::ActiveUsersBreakdownRow& row = *response.add_breakdown_rows();
  for (int i = 0; i < query::kMaxActiveUsersBreakdownBuckets; ++i) *row.add_buckets() = bucket;
  EXPECT_LT(response.ByteSizeLong(), 4 << 20);
}

}  // namespace
}  // namespace donut::testing
