#include "query_service/metrics/funnel/funnel.h"

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/proto_time.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "tests/query_service/metric_test.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using ::testing::ElementsAre;

constexpr char kFunnelScope[] = R"(scope { interval { start_date: "2024-03-01" end_date: "2024-03-11" } })";

v1::GetFunnelRequest FunnelRequest(const std::string& text) {
  v1::GetFunnelRequest request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
  return request;
}

// A funnel of these steps within ten days of March.
v1::GetFunnelRequest FunnelInMarch(const std::vector<std::string>& names, const std::string& more = "") {
  v1::GetFunnelRequest request = FunnelRequest(absl::StrCat(kFunnelScope, more));
  for (const std::string& name : names) request.add_steps()->add_event_names(name);
  return request;
}

v1::GetFunnelRequest AsOf(const std::string& time, v1::GetFunnelRequest request) {
  *request.mutable_scope()->mutable_as_of_time() = donut::ToProto(At(time));
  return request;
}

class FunnelTest : public MetricTest {
 protected:
  // The next event, in the order of the calls: `seconds` after 2024-03-05 00:00 UTC.
  void Add(const std::string& user, const std::string& name, double seconds,
           const std::string& session = "") {
    HistoryEvent event;
    event.time = At("2024-03-05 00:00:00") + absl::Microseconds(std::llround(seconds * 1e6));
    event.user = user;
    event.session = session;
    event.name = name;
    event.sequence = static_cast<int64_t>(history_.events.size()) + 1;
    history_.events.push_back(event);
  }

  v1::GetFunnelResponse Funnel(const v1::GetFunnelRequest& request) {
    Load(history_);
    const absl::StatusOr<v1::GetFunnelResponse> response = Ask(query::Funnel, request);
    EXPECT_OK(response);
    return response.ok() ? *response : v1::GetFunnelResponse();
  }

  static std::vector<int64_t> Counts(const v1::GetFunnelResponse& response) {
    std::vector<int64_t> counts;
    for (const v1::FunnelStepResult& step : response.steps()) counts.push_back(step.actor_count());
    return counts;
  }

  std::vector<int64_t> CountSteps(const std::vector<std::string>& names, const std::string& more = "") {
    return Counts(Funnel(FunnelInMarch(names, more)));
  }

  History history_;
};

// The example of docs/metrics/funnel.md.
TEST_F(FunnelTest, AnswersTheExampleOfItsPage) {
  for (const char* user : {"ann", "bob", "cat", "dan"}) Add(user, "visit", 0);
  Add("ann", "signup", 60);
  Add("bob", "signup", 120);
  Add("cat", "signup", 600);
  Add("ann", "visit", 3600);
  Add("ann", "purchase", 3660);
  Add("bob", "purchase", 720);

  const v1::GetFunnelResponse response = Funnel(FunnelInMarch({"visit", "signup", "purchase"}));
  EXPECT_THAT(Counts(response), ElementsAre(4, 3, 2));
  EXPECT_EQ(response.steps(1).drop_off_count(), 1);
  EXPECT_DOUBLE_EQ(response.steps(1).drop_off().value(), 0.25);
  EXPECT_DOUBLE_EQ(response.steps(2).conversion_from_previous().value(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(response.conversion().value(), 0.5);
  EXPECT_EQ(response.time_to_convert().count(), 2);
  EXPECT_DOUBLE_EQ(response.time_to_convert().mean_seconds(), 2190);
  EXPECT_DOUBLE_EQ(response.steps(1).time_from_previous().median_seconds(), 120);
}

TEST_F(FunnelTest, EventsOfOneInstantServeInTheOrderOfTheSteps) {
  Add("u", "b", 0);
  Add("u", "c", 0);
  Add("u", "a", 0);
  EXPECT_THAT(CountSteps({"a", "b", "c"}), ElementsAre(1, 1, 1));
}

TEST_F(FunnelTest, DoesNotSeeAReturnToAStepAtTheSameInstant) {
  for (const char* name : {"a", "b", "a"}) Add("u", name, 0);
  EXPECT_THAT(CountSteps({"a", "b", "a"}), ElementsAre(1, 1, 0));
}

TEST_F(FunnelTest, OneEventServesOneStep) {
  Add("once", "a", 0);
  Add("twice", "a", 0);
  Add("twice", "a", 0);
  EXPECT_THAT(CountSteps({"a", "a"}), ElementsAre(2, 1));
}

TEST_F(FunnelTest, RepeatedStepsNeedRepeatedEvents) {
  Add("ab", "a", 0);
  Add("ab", "b", 1);
  Add("aab", "a", 0);
  Add("aab", "a", 1);
  Add("aab", "b", 2);
  Add("aba", "a", 0);
  Add("aba", "b", 1);
  Add("aba", "a", 2);
  EXPECT_THAT(CountSteps({"a", "a", "b"}), ElementsAre(3, 2, 1));
  EXPECT_THAT(CountSteps({"a", "b", "a"}), ElementsAre(3, 3, 1));
}

TEST_F(FunnelTest, OrderIsByEventTimeAndNotByArrival) {
  Add("u", "b", 10);
  Add("u", "a", 0);
  Add("backwards", "b", 0);
  Add("backwards", "a", 10);
  EXPECT_THAT(CountSteps({"a", "b"}), ElementsAre(2, 1));
}

TEST_F(FunnelTest, OtherEventsBetweenStepsDoNotInterrupt) {
  Add("u", "a", 0);
  Add("u", "c", 1);
  Add("u", "x", 2);
  Add("u", "b", 3);
  EXPECT_THAT(CountSteps({"a", "b", "c"}), ElementsAre(1, 1, 0));
}

TEST_F(FunnelTest, LaterEntryDoesNotHideALongerAttempt) {
  Add("u", "a", 0);
  Add("u", "b", 1);
  Add("u", "a", 2);
  Add("u", "c", 3);
  EXPECT_THAT(CountSteps({"a", "b", "c"}), ElementsAre(1, 1, 1));
}

TEST_F(FunnelTest, WindowRunsFromTheEntryOfTheAttempt) {
  Add("too late", "a", 0);
  Add("too late", "b", 5);
  Add("too late", "a", 10);
  Add("too late", "c", 14);
  Add("in time", "a", 0);
  Add("in time", "a", 10);
  Add("in time", "b", 15);
  Add("in time", "c", 18);
  EXPECT_THAT(CountSteps({"a", "b", "c"}, "window { seconds: 10 }"), ElementsAre(2, 2, 1));
}

TEST_F(FunnelTest, WindowIsInclusiveToTheMicrosecond) {
  Add("at", "a", 0);
  Add("at", "b", 10);
  Add("after", "a", 0);
  Add("after", "b", 10.000001);
  EXPECT_THAT(CountSteps({"a", "b"}, "window { seconds: 10 }"), ElementsAre(2, 1));
  EXPECT_THAT(CountSteps({"a", "b"}, "window { seconds: 10 nanos: 1999 }"), ElementsAre(2, 2));
  EXPECT_THAT(CountSteps({"a", "b"}, "window { seconds: 10 nanos: 999 }"), ElementsAre(2, 1));
}

TEST_F(FunnelTest, WindowOfDaysIsNotMovedByAChangeOfTheClock) {
  // Berlin's clocks go forward on 2024-03-31: 24 hours later the wall clock shows an hour more.
  const double change = absl::ToDoubleSeconds(At("2024-03-30 12:00:00") - At("2024-03-05 00:00:00"));
  Add("at", "a", change);
  Add("at", "b", change + 86400);
  Add("after", "a", change);
  Add("after", "b", change + 86400.000001);
  const std::string march =
      R"(scope { time_zone: "Europe/Berlin" interval { start_date: "2024-03-01" end_date: "2024-04-01" } }
         window { seconds: 86400 })";
  v1::GetFunnelRequest request = FunnelRequest(march);
  request.add_steps()->add_event_names("a");
  request.add_steps()->add_event_names("b");
  EXPECT_THAT(Counts(Funnel(request)), ElementsAre(2, 1));
}

TEST_F(FunnelTest, StepsAfterTheEndOfTheIntervalCount) {
  const double end = 6 * 86400;  // 2024-03-11
  Add("converts after", "a", end - 1);
  Add("converts after", "b", end + 86400);
  Add("enters after", "a", end);
  Add("enters after", "b", end + 1);
  EXPECT_THAT(CountSteps({"a", "b"}), ElementsAre(1, 1));
}

TEST_F(FunnelTest, EntryBeforeTheIntervalDoesNotCount) {
  const double start = -4 * 86400;  // 2024-03-01
  Add("before", "a", start - 0.000001);
  Add("before", "b", start + 1);
  Add("at the start", "a", start);
  EXPECT_THAT(CountSteps({"a", "b"}), ElementsAre(1, 0));
}

TEST_F(FunnelTest, DatesAreDaysOfTheZone) {
  Add("u", "a", absl::ToDoubleSeconds(At("2024-02-29 23:30:00") - At("2024-03-05 00:00:00")));
  EXPECT_THAT(CountSteps({"a"}), ElementsAre(0));
  v1::GetFunnelRequest berlin = FunnelInMarch({"a"});
  berlin.mutable_scope()->set_time_zone("Europe/Berlin");
  EXPECT_THAT(Counts(Funnel(berlin)), ElementsAre(1));
}

TEST_F(FunnelTest, SeesNothingAfterAsOf) {
  Add("u", "a", 0);
  Add("u", "b", 10);
  Add("u", "c", 10.000001);
  EXPECT_THAT(Counts(Funnel(AsOf("2024-03-05 00:00:10", FunnelInMarch({"a", "b", "c"})))),
              ElementsAre(1, 1, 0));
}

TEST_F(FunnelTest, TimesTheLastEntryBeforeTheFirstCompletion) {
  Add("u", "a", 0);
  Add("u", "b", 1);
  Add("u", "a", 5);
  Add("u", "b", 6);
  Add("u", "c", 8);
  Add("u", "c", 100);
  const v1::GetFunnelResponse response = Funnel(FunnelInMarch({"a", "b", "c"}));
  EXPECT_DOUBLE_EQ(response.time_to_convert().max_seconds(), 3);
  EXPECT_DOUBLE_EQ(response.steps(1).time_from_previous().max_seconds(), 1);
  EXPECT_DOUBLE_EQ(response.steps(2).time_from_previous().max_seconds(), 2);
}

TEST_F(FunnelTest, TimesTheFirstCompletionAndNotTheQuickest) {
  Add("u", "a", 0);
  Add("u", "b", 10);
  Add("u", "a", 20);
  Add("u", "b", 21);
  EXPECT_DOUBLE_EQ(Funnel(FunnelInMarch({"a", "b"})).time_to_convert().max_seconds(), 10);
}

TEST_F(FunnelTest, TimesTheEarliestIntermediateSteps) {
  Add("u", "a", 0);
  Add("u", "b", 1);
  Add("u", "b", 3);
  Add("u", "c", 5);
  const v1::GetFunnelResponse response = Funnel(FunnelInMarch({"a", "b", "c"}));
  EXPECT_DOUBLE_EQ(response.steps(1).time_from_previous().max_seconds(), 1);
  EXPECT_DOUBLE_EQ(response.steps(2).time_from_previous().max_seconds(), 4);
}

TEST_F(FunnelTest, StatisticsAreOfActorsAndInterpolate) {
  for (int i = 1; i <= 4; ++i) {
    const std::string user = absl::StrCat("u", i);
    Add(user, "a", 0);
    Add(user, "b", 10 * i);
  }
  Add("u1", "b", 1000);
  const v1::DurationStatistics took = Funnel(FunnelInMarch({"a", "b"})).time_to_convert();
  EXPECT_EQ(took.count(), 4);
  EXPECT_DOUBLE_EQ(took.mean_seconds(), 25);
  EXPECT_DOUBLE_EQ(took.median_seconds(), 25);
  EXPECT_DOUBLE_EQ(took.p90_seconds(), 37);
  EXPECT_DOUBLE_EQ(took.p99_seconds(), 39.7);
  EXPECT_DOUBLE_EQ(took.min_seconds(), 10);
  EXPECT_DOUBLE_EQ(took.max_seconds(), 40);
}

TEST_F(FunnelTest, SessionsOfTwoUsersWithTheSameTextAreTwo) {
  Add("u", "a", 0, "s1");
  Add("v", "b", 1, "s1");
  EXPECT_THAT(CountSteps({"a", "b"}, "actor: ACTOR_SESSION"), ElementsAre(1, 0));
}

TEST_F(FunnelTest, SessionFunnelNeedsEveryStepInOneSession) {
  Add("u", "a", 0, "s1");
  Add("u", "b", 1, "s2");
  Add("v", "a", 0, "s1");
  Add("v", "b", 1, "s1");
  Add("v", "a", 2, "s2");
  Add("w", "a", 0);
  Add("w", "b", 1);
  EXPECT_THAT(CountSteps({"a", "b"}, "actor: ACTOR_SESSION"), ElementsAre(3, 1));
  EXPECT_THAT(CountSteps({"a", "b"}), ElementsAre(3, 3));
}

TEST_F(FunnelTest, StepOfSeveralNamesOrAnyEvent) {
  Add("u", "a", 0);
  Add("u", "c", 1);
  Add("u", "z", 2);
  v1::GetFunnelRequest request = FunnelRequest(absl::StrCat(kFunnelScope, R"(
      steps { event_names: "a" } steps { event_names: "b" event_names: "c" } steps { any_event: true })"));
  const v1::GetFunnelResponse response = Funnel(request);
  EXPECT_THAT(Counts(response), ElementsAre(1, 1, 1));
  EXPECT_EQ(response.steps(1).label(), "b or c");
  EXPECT_EQ(response.steps(2).label(), "any event");
  EXPECT_THAT(response.steps(1).step().event_names(), ElementsAre("b", "c"));
  EXPECT_FALSE(response.steps(1).step().any_event());
  EXPECT_EQ(response.steps(1).step().label(), "b or c");
  EXPECT_TRUE(response.steps(2).step().any_event());
}

TEST_F(FunnelTest, ALabelDoesNotHideWhatWasAsked) {
  v1::GetFunnelRequest request =
      FunnelRequest(absl::StrCat(kFunnelScope, R"(steps { event_names: "a" label: "Signed up" })"));
  const v1::GetFunnelResponse response = Funnel(request);
  EXPECT_EQ(response.steps(0).label(), "Signed up");
  EXPECT_EQ(response.steps(0).step().ShortDebugString(), request.steps(0).ShortDebugString());
}

TEST_F(FunnelTest, AnyEventAloneCountsEveryActorOnce) {
  Add("u", "a", 0);
  Add("u", "b", 1);
  Add("v", "c", 1);
  const v1::GetFunnelResponse response =
      Funnel(FunnelRequest(absl::StrCat(kFunnelScope, R"(steps { any_event: true label: "Came" })")));
  EXPECT_THAT(Counts(response), ElementsAre(2));
  EXPECT_EQ(response.steps(0).label(), "Came");
  EXPECT_FALSE(response.has_time_to_convert());
  EXPECT_DOUBLE_EQ(response.conversion().value(), 1);
}

TEST_F(FunnelTest, TwentyStepsOfOneName) {
  for (int i = 0; i < 19; ++i) Add("u", "a", i);
  const std::vector<int64_t> counts = CountSteps(std::vector<std::string>(20, "a"));
  EXPECT_EQ(counts[18], 1);
  EXPECT_EQ(counts[19], 0);
}

TEST_F(FunnelTest, UnknownNamesCountZeroAndRatesAreAbsent) {
  Add("u", "a", 0);
  const v1::GetFunnelResponse response = Funnel(FunnelInMarch({"never", "a"}));
  EXPECT_THAT(Counts(response), ElementsAre(0, 0));
  EXPECT_FALSE(response.has_conversion());
  EXPECT_FALSE(response.steps(0).has_conversion_from_first());
  EXPECT_FALSE(response.steps(1).has_drop_off());
  EXPECT_FALSE(response.steps(1).has_time_from_previous());
}

TEST_F(FunnelTest, NamesAreValuesAndNeverSql) {
  const std::string name = "a'); DROP TABLE users; --{step}\"\\";
  Add("u", name, 0);
  EXPECT_THAT(CountSteps({name, name}), ElementsAre(1, 0));
}

TEST_F(FunnelTest, AnotherProjectsEventsAreNotSeen) {
  Add("u", "a", 0);
  Load(history_);
  history_.events.clear();
  Add("u", "b", 1);
  EXPECT_THAT(CountSteps({"a", "b"}), ElementsAre(0, 0));
}

TEST_F(FunnelTest, CompleteOnceTheLastWindowHasClosed) {
  // The interval ends with 2024-03-10.
  const v1::GetFunnelRequest request = FunnelInMarch({"a", "b"}, "window { seconds: 86400 }");
  EXPECT_TRUE(Funnel(AsOf("2024-03-12 00:00:00", request)).complete());
  EXPECT_FALSE(Funnel(AsOf("2024-03-11 23:59:59.999999", request)).complete());
}

TEST_F(FunnelTest, CountsActorsThatCanStillConvert) {
  Add("open", "a", 0);
  Add("open again", "a", -20);
  Add("open again", "a", 1);
  Add("closed", "a", -20);
  Add("closed on the instant", "a", -2);
  Add("done", "a", 0);
  Add("done", "b", 1);
  const v1::GetFunnelResponse response =
      Funnel(AsOf("2024-03-05 00:00:08", FunnelInMarch({"a", "b"}, "window { seconds: 10 }")));
  EXPECT_EQ(response.actors_still_open_count(), 2);
  EXPECT_FALSE(response.complete());
}

TEST_F(FunnelTest, RepeatsTheQuestionWithItsDefaults) {
  const v1::GetFunnelResponse response = Funnel(FunnelInMarch({"a"}));
  EXPECT_EQ(response.window().seconds(), 14 * 86400);
  EXPECT_EQ(response.actor(), v1::ACTOR_USER);
  EXPECT_EQ(response.scope().time_zone(), "UTC");
  EXPECT_EQ(response.scope().start_time().seconds(), 1709251200);
}

}  // namespace
}  // namespace donut::testing
