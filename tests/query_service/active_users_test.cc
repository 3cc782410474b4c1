#include "query_service/metrics/active_users/active_users.h"

#include <string>
#include <vector>

#include "common/proto_time.h"
#include "tests/query_service/metric_test.h"
#include "tests/query_service/scanned_partitions.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ActiveUsersTest : public MetricTest {
 protected:
  v1::GetActiveUsersResponse Answer(const v1::GetActiveUsersRequest& request) {
    const absl::StatusOr<v1::GetActiveUsersResponse> response = Ask(query::ActiveUsers, request);
    EXPECT_OK(response);
    return response.ok() ? *response : v1::GetActiveUsersResponse();
  }
};

v1::GetActiveUsersRequest Between(const std::string& start, const std::string& end,
                                  const std::string& zone = "UTC") {
  v1::GetActiveUsersRequest request;
  request.mutable_scope()->mutable_interval()->set_start_date(start);
  request.mutable_scope()->mutable_interval()->set_end_date(end);
  request.mutable_scope()->set_time_zone(zone);
  return request;
}

HistoryEvent ActiveUsersEvent(const std::string& user, const std::string& time, const std::string& name = "a",
                              const std::string& session = "") {
  static int64_t sequence = 0;
  return {At(time), user, session, name, 1, ++sequence, {}};
}

std::vector<int64_t> Active(const v1::GetActiveUsersResponse& response) {
  std::vector<int64_t> counts;
  for (const auto& bucket : response.buckets()) counts.push_back(bucket.active_count());
  return counts;
}

// The example of docs/metrics/active_users.md.
TEST_F(ActiveUsersTest, AnswersTheExampleOfThePage) {
  Load({{ActiveUsersEvent("ann", "2024-03-01 10:00:00"), ActiveUsersEvent("ann", "2024-03-03 10:00:00"),
         ActiveUsersEvent("ben", "2024-03-03 11:00:00")},
        {}});
  const auto response = Answer(Between("2024-03-01", "2024-03-04"));
  EXPECT_EQ(response.active_count(), 2);
  ASSERT_THAT(response.buckets(), SizeIs(3));
  EXPECT_THAT(Active(response), ElementsAre(1, 0, 2));
  EXPECT_EQ(response.buckets(2).new_count(), 1);
  EXPECT_EQ(response.buckets(2).trailing_7_day_count(), 2);
  EXPECT_EQ(response.buckets(1).trailing_7_day_count(), 1);
  EXPECT_EQ(response.buckets(1).stickiness().value(), 0);
  EXPECT_EQ(response.buckets(2).stickiness().value(), 1);
}

TEST_F(ActiveUsersTest, CountsAnActorWithManyEventsOnce) {
  Load({{ActiveUsersEvent("ann", "2024-03-01 10:00:00"), ActiveUsersEvent("ann", "2024-03-01 10:00:00"),
         ActiveUsersEvent("ann", "2024-03-01 23:59:59.999999")},
        {}});
  EXPECT_THAT(Active(Answer(Between("2024-03-01", "2024-03-03"))), ElementsAre(1, 0));
}

TEST_F(ActiveUsersTest, GivesMidnightToTheDayThatBegins) {
  Load({{ActiveUsersEvent("ann", "2024-03-02 00:00:00")}, {}});
  EXPECT_THAT(Active(Answer(Between("2024-03-01", "2024-03-04"))), ElementsAre(0, 1, 0));
}

TEST_F(ActiveUsersTest, LeavesOutTheEndOfTheInterval) {
  Load({{ActiveUsersEvent("ann", "2024-03-02 00:00:00")}, {}});
  EXPECT_EQ(Answer(Between("2024-03-01", "2024-03-02")).active_count(), 0);
}

TEST_F(ActiveUsersTest, DayOfSpringChangeHas23Hours) {
  // Berlin's 31 March 2024 runs from 23:00 UTC the day before to 22:00 UTC.
  Load(
      {{ActiveUsersEvent("ann", "2024-03-30 23:00:00"), ActiveUsersEvent("ben", "2024-03-31 22:00:00")}, {}});
  const auto response = Answer(Between("2024-03-31", "2024-04-02", "Europe/Berlin"));
  EXPECT_THAT(Active(response), ElementsAre(1, 1));
  EXPECT_EQ(
      response.buckets(0).bucket().end_time().seconds() - response.buckets(0).bucket().start_time().seconds(),
      23 * 3600);
}

TEST_F(ActiveUsersTest, RepeatedHourOfAutumnIsTwoBuckets) {
  // 02:30 in Berlin comes at 00:30 and at 01:30 UTC.
  Load(
      {{ActiveUsersEvent("ann", "2024-10-27 00:30:00"), ActiveUsersEvent("ben", "2024-10-27 01:30:00")}, {}});
  context_.now = At("2024-11-01 00:00:00");
  auto request = Between("2024-10-27", "2024-10-28", "Europe/Berlin");
  request.set_granularity(v1::GRANULARITY_HOUR);
  const auto response = Answer(request);
  ASSERT_THAT(response.buckets(), SizeIs(25));
  EXPECT_EQ(response.buckets(2).bucket().label(), "2024-10-27T02:00+02:00");
  EXPECT_EQ(response.buckets(3).bucket().label(), "2024-10-27T02:00+01:00");
  EXPECT_EQ(response.buckets(2).active_count(), 1);
  EXPECT_EQ(response.buckets(3).active_count(), 1);
  EXPECT_FALSE(response.buckets(2).has_trailing_7_day_count());
  EXPECT_FALSE(response.buckets(2).has_stickiness());
}

TEST_F(ActiveUsersTest, NewNeedsHistoryLongBeforeTheInterval) {
  Load({{ActiveUsersEvent("ann", "1999-01-01 00:00:00"), ActiveUsersEvent("ann", "2024-03-01 10:00:00"),
         ActiveUsersEvent("ben", "2024-03-01 10:00:00")},
        {}});
  const auto response = Answer(Between("2024-03-01", "2024-03-02"));
  EXPECT_EQ(response.buckets(0).active_count(), 2);
  EXPECT_EQ(response.buckets(0).new_count(), 1);
}

TEST_F(ActiveUsersTest, NewLooksOnlyAtEventsThatPassTheFilter) {
  Load({{ActiveUsersEvent("ann", "2023-01-01 00:00:00", "visit"),
         ActiveUsersEvent("ann", "2024-03-01 10:00:00", "buy")},
        {}});
  auto request = Between("2024-03-01", "2024-03-02");
  request.add_event_names("buy");
  EXPECT_EQ(Answer(request).buckets(0).new_count(), 1);
}

TEST_F(ActiveUsersTest, TrailingWindowForgetsAfterExactly7And30Days) {
  Load({{ActiveUsersEvent("ann", "2024-03-01 10:00:00")}, {}});
  const auto response = Answer(Between("2024-03-01", "2024-04-02"));
  EXPECT_EQ(response.buckets(6).trailing_7_day_count(), 1);
  EXPECT_EQ(response.buckets(7).trailing_7_day_count(), 0);
  EXPECT_EQ(response.buckets(29).trailing_30_day_count(), 1);
  EXPECT_EQ(response.buckets(30).trailing_30_day_count(), 0);
  // Nobody in the month: no ratio, rather than 0 or NaN.
  EXPECT_TRUE(response.buckets(29).has_stickiness());
  EXPECT_FALSE(response.buckets(30).has_stickiness());
}

TEST_F(ActiveUsersTest, TrailingWindowReachesBackBeforeTheInterval) {
  Load({{ActiveUsersEvent("ann", "2024-03-01 10:00:00")}, {}});
  const auto response = Answer(Between("2024-03-30", "2024-04-01"));
  EXPECT_EQ(response.buckets(0).trailing_30_day_count(), 1);
  EXPECT_EQ(response.buckets(1).trailing_30_day_count(), 0);
  EXPECT_EQ(response.active_count(), 0);
}

TEST_F(ActiveUsersTest, CutBucketCountsWhatLiesInsideAndIsNotComplete) {
  Load(
      {{ActiveUsersEvent("ann", "2024-03-01 05:00:00"), ActiveUsersEvent("ben", "2024-03-01 06:00:00")}, {}});
  v1::GetActiveUsersRequest request;
  *request.mutable_scope()->mutable_interval()->mutable_start_time() =
      donut::ToProto(At("2024-03-01 06:00:00"));
  *request.mutable_scope()->mutable_interval()->mutable_end_time() =
      donut::ToProto(At("2024-03-03 00:00:00"));
  const auto response = Answer(request);
  EXPECT_THAT(Active(response), ElementsAre(1, 0));
  EXPECT_EQ(response.buckets(0).trailing_7_day_count(), 2);
  EXPECT_FALSE(response.buckets(0).bucket().complete());
  EXPECT_TRUE(response.buckets(1).bucket().complete());
}

TEST_F(ActiveUsersTest, SeesNothingAfterAsOf) {
  Load({{ActiveUsersEvent("ann", "2024-03-01 10:00:00"),
         ActiveUsersEvent("ben", "2024-03-01 10:00:00.000001")},
        {}});
  auto request = Between("2024-03-01", "2024-03-02");
  *request.mutable_scope()->mutable_as_of_time() = donut::ToProto(At("2024-03-01 10:00:00"));
  const auto response = Answer(request);
  EXPECT_EQ(response.active_count(), 1);
  EXPECT_FALSE(response.buckets(0).bucket().complete());
}

TEST_F(ActiveUsersTest, SameSessionTextOfTwoUsersIsTwoSessions) {
  Load({{ActiveUsersEvent("ann", "2024-03-01 10:00:00", "a", "s"),
         ActiveUsersEvent("ben", "2024-03-01 10:00:00", "a", "s"),
         ActiveUsersEvent("ben", "2024-03-01 10:00:00", "a", "")},
        {}});
  auto request = Between("2024-03-01", "2024-03-02");
  request.set_actor(v1::ACTOR_SESSION);
  EXPECT_EQ(Answer(request).active_count(), 2);
}

TEST_F(ActiveUsersTest, OneDateStandsForItsDay) {
  Load(
      {{ActiveUsersEvent("ann", "2024-03-01 10:00:00"), ActiveUsersEvent("ben", "2024-03-02 10:00:00")}, {}});
  v1::GetActiveUsersRequest request;
  request.set_date("2024-03-02");
  const auto response = Answer(request);
  ASSERT_THAT(response.buckets(), SizeIs(1));
  EXPECT_EQ(response.buckets(0).bucket().label(), "2024-03-02");
  EXPECT_EQ(response.active_count(), 1);
}

TEST_F(ActiveUsersTest, UnknownNameCountsZero) {
  Load({{ActiveUsersEvent("ann", "2024-03-01 10:00:00")}, {}});
  auto request = Between("2024-03-01", "2024-03-02");
  request.add_event_names("never");
  EXPECT_THAT(Active(Answer(request)), ElementsAre(0));
}

TEST_F(ActiveUsersTest, NameIsAValueWhateverItSays) {
  const std::vector<std::string> names = {"it's",    "\"", "\\",  "a,b", "{}",
                                          "NULL",    "%",  "_",   "$1",  "'; DROP TABLE users; --",
                                          "naïve ☕", " ",  "a\nb"};
  History history;
  for (const std::string& name : names) {
    history.events.push_back(ActiveUsersEvent("user of " + name, "2024-03-01 10:00:00", name));
  }
  Load(history);
  for (const std::string& name : names) {
    auto request = Between("2024-03-01", "2024-03-02");
    request.add_event_names(name);
    EXPECT_EQ(Answer(request).active_count(), 1) << name;
  }
  auto request = Between("2024-03-01", "2024-03-02");
  for (const std::string& name : names) request.add_event_names(name);
  EXPECT_EQ(Answer(request).active_count(), static_cast<int64_t>(names.size()));
}

TEST_F(ActiveUsersTest, ReadsNoPartitionAfterTheEnd) {
  const auto partitions = ScannedPartitions(database(), [&](pqxx::transaction_base& transaction) {
    EXPECT_OK(query::ActiveUsers(Between("2015-03-01", "2015-04-01"), context_, transaction));
  });
  EXPECT_TRUE(partitions.count("2015"));
  EXPECT_TRUE(partitions.count("1980")) << "who is new can be told from all history only";
  for (const std::string& partition : partitions) EXPECT_LE(partition.substr(0, 4), "2015");
}

TEST_F(ActiveUsersTest, RefusesWithFieldAndRule) {
  const auto refused = [&](const v1::GetActiveUsersRequest& request, const std::string& field,
                           const std::string& rule) {
    EXPECT_THAT(Ask(query::ActiveUsers, request),
                StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr(field), HasSubstr(rule))));
  };
  auto request = Between("2024-03-01", "2024-03-02");
  request.set_date("2024-03-01");
  refused(request, "date", "must be empty when scope.interval is set");
  request = Between("2024-03-01", "2124-03-02");
  refused(request, "scope.interval", "at most 5000 buckets");
  request = Between("2024-03-01", "2024-03-02");
  request.set_granularity(static_cast<v1::Granularity>(77));
  refused(request, "granularity", "must be GRANULARITY_HOUR");
  request = Between("2024-03-01", "2024-03-02");
  request.set_actor(static_cast<v1::Actor>(77));
  refused(request, "actor", "must be ACTOR_USER");
  request = Between("2024-03-01", "2024-03-02");
  request.add_event_names("fine");
  request.add_event_names(std::string("a\0b", 3));
  refused(request, "event_names[1]", "NUL");
}

TEST_F(ActiveUsersTest, KnownAreThoseWhoAreNotNew) {
  Load({{ActiveUsersEvent("ann", "2020-01-01 10:00:00"), ActiveUsersEvent("ann", "2024-03-01 10:00:00"),
         ActiveUsersEvent("ben", "2024-03-01 10:00:00"), ActiveUsersEvent("ben", "2024-03-02 10:00:00")},
        {}});
  const auto response = Answer(Between("2024-03-01", "2024-03-03"));
  EXPECT_EQ(response.buckets(0).new_count(), 1);
  EXPECT_EQ(response.buckets(0).known_count(), 1);
  EXPECT_EQ(response.buckets(1).new_count(), 0);
  EXPECT_EQ(response.buckets(1).known_count(), 1);
}

TEST_F(ActiveUsersTest, NewInTheLastBucketOfAMonthIsKnownInTheNext) {
  // Thirty buckets share a row in the statement: who was there in an earlier row must not be new again.
  Load({{ActiveUsersEvent("ann", "2024-01-01 10:00:00"), ActiveUsersEvent("ann", "2024-01-31 10:00:00"),
         ActiveUsersEvent("ben", "2024-03-05 10:00:00"), ActiveUsersEvent("cem", "2024-01-30 10:00:00")},
        {}});
  const auto response = Answer(Between("2024-01-01", "2024-04-01"));
  EXPECT_EQ(response.active_count(), 3);
  EXPECT_EQ(response.buckets(30).active_count(), 1);
  EXPECT_EQ(response.buckets(30).new_count(), 0);
  EXPECT_EQ(response.buckets(64).new_count(), 1);
  // cem of 30 January is in the month to 28 February, and not in that to the 29th.
  EXPECT_EQ(response.buckets(58).trailing_30_day_count(), 2);
  EXPECT_EQ(response.buckets(59).trailing_30_day_count(), 1);
}

TEST_F(ActiveUsersTest, PreviousOfAMonthIsTheMonthBeforeWhateverItsLength) {
  Load({{ActiveUsersEvent("ann", "2024-02-01 00:00:00"), ActiveUsersEvent("ben", "2024-01-31 23:59:59"),
         ActiveUsersEvent("cem", "2024-03-01 00:00:00"), ActiveUsersEvent("ann", "2024-03-01 00:00:00")},
        {}});
  auto request = Between("2024-03-01", "2024-04-01");
  request.set_granularity(v1::GRANULARITY_MONTH);
  request.set_compare_to_previous(true);
  const auto response = Answer(request);
  ASSERT_THAT(response.previous().buckets(), SizeIs(1));
  EXPECT_EQ(response.previous().start_time().seconds(), absl::ToUnixSeconds(At("2024-02-01 00:00:00")));
  EXPECT_EQ(response.previous().end_time().seconds(), absl::ToUnixSeconds(At("2024-03-01 00:00:00")));
  EXPECT_EQ(response.previous().active_count(), 1);
  EXPECT_EQ(response.previous().buckets(0).bucket().label(), "2024-02-01");
  EXPECT_TRUE(response.previous().buckets(0).bucket().complete());
  EXPECT_EQ(response.previous().buckets(0).new_count(), 1);
  EXPECT_EQ(response.active_count(), 2);
  EXPECT_EQ(response.buckets(0).known_count(), 1);
}

TEST_F(ActiveUsersTest, PreviousOfADaySpansTheChangeOfTheClock) {
  // Berlin's 31 March 2024 has 23 hours.
  Load(
      {{ActiveUsersEvent("ann", "2024-03-30 23:00:00"), ActiveUsersEvent("ben", "2024-03-30 22:59:59")}, {}});
  auto request = Between("2024-04-01", "2024-04-02", "Europe/Berlin");
  request.set_compare_to_previous(true);
  const auto response = Answer(request);
  EXPECT_EQ(response.previous().active_count(), 1);
  EXPECT_EQ(response.previous().end_time().seconds() - response.previous().start_time().seconds(), 23 * 3600);
  EXPECT_EQ(response.previous().buckets(0).trailing_7_day_count(), 2);
}

TEST_F(ActiveUsersTest, PreviousCountsSessionsWhenTheAnswerDoes) {
  Load({{ActiveUsersEvent("ann", "2024-03-01 10:00:00", "a", "s1"),
         ActiveUsersEvent("ann", "2024-03-01 11:00:00", "a", "s2"),
         ActiveUsersEvent("ann", "2024-03-01 12:00:00", "a", "")},
        {}});
  auto request = Between("2024-03-02", "2024-03-03");
  request.set_actor(v1::ACTOR_SESSION);
  request.set_compare_to_previous(true);
  EXPECT_EQ(Answer(request).previous().active_count(), 2);
}

TEST_F(ActiveUsersTest, HasNoPreviousUnlessAsked) {
  Load({});
  EXPECT_FALSE(Answer(Between("2024-03-02", "2024-03-03")).has_previous());
}

// Samoa had no 30 December 2011, the day before this one.
TEST_F(ActiveUsersTest, PreviousOfTheDayAfterALeftOutDayIsEmpty) {
  Load({{ActiveUsersEvent("ann", "2011-12-30 09:00:00")}, {}});
  auto request = Between("2011-12-31", "2012-01-01", "Pacific/Apia");
  request.set_compare_to_previous(true);
  const auto response = Answer(request);
  ASSERT_TRUE(response.has_previous());
  EXPECT_EQ(response.previous().active_count(), 0);
  EXPECT_THAT(response.previous().buckets(), SizeIs(0));
}

}  // namespace
}  // namespace donut::testing
