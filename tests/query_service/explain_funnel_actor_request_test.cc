// Who is explained, within which bounds, and what is refused.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/proto_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/query_service/explain_funnel_actor_test.h"
#include "tests/query_service/scanned_partitions.h"

namespace donut::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using ExplainFunnelActorRequestTest = ExplainFunnelActorTest;

TEST_F(ExplainFunnelActorRequestTest, SessionIsNamedByItsTextOrItsKey) {
  Add("10:00", "visit", {}, "run 1");
  Add("10:01", "signup", {}, "run 2");
  v1::ExplainFunnelActorRequest request =
      ExplainRequest("actor: ACTOR_SESSION " + Steps({"visit", "signup"}));
  request.set_session_id("run 1");
  EXPECT_THAT(Roles(request), ElementsAre("ENTERED"));
  Load(history_);
  pqxx::work transaction(database().owner());
  const int64_t key = transaction
                          .exec_params1(
                              "SELECT session_id FROM analytics_events WHERE project_id = $1 ORDER BY "
                              "event_time DESC LIMIT 1",
                              context_.project.project_id)[0]
                          .as<int64_t>();
  transaction.commit();
  request.set_session_key(key);
  const absl::StatusOr<v1::ExplainFunnelActorResponse> response = Ask(query::ExplainFunnelActor, request);
  ASSERT_OK(response);
  ASSERT_EQ(response->events_size(), 1);
  EXPECT_EQ(response->events(0).role(), v1::FUNNEL_EVENT_ROLE_OUT_OF_ORDER);
  request.set_session_id("run 3");
  EXPECT_THAT(Refusal(request), StatusIs(absl::StatusCode::kNotFound,
                                         HasSubstr("session_id: no event of a session \"run 3\"")));
}

TEST_F(ExplainFunnelActorRequestTest, ShowsTheEarliestEventsAndCountsAll) {
  for (int i = 0; i < query::kMaxShownFunnelEvents; ++i) {
    Add(absl::StrCat(i < 1000 ? "0" : "1", i / 100 % 10, ":", i / 10 % 6, i % 10), "visit");
  }
  Add("23:59", "visit");
  Add("23:59", "purchase");
  EXPECT_EQ(Roles(Steps({"visit", "purchase"})).size(), query::kMaxShownFunnelEvents);
  EXPECT_EQ(response_.event_count(), query::kMaxShownFunnelEvents + 2);
  EXPECT_TRUE(response_.events_truncated());
  EXPECT_EQ(response_.level(), 2);
}

TEST_F(ExplainFunnelActorRequestTest, UserIdIsOnlyEverCompared) {
  Add("10:00", "visit");
  const std::string steps = Steps({"visit"});
  for (const char* id :
       {"' OR true --", "ann'; DROP TABLE users; --", "%", "$1", "{filter}", "ANN", " ann"}) {
    const absl::Status status = Refusal(ExplainRequest(steps, id));
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << id << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(id));
  }
  history_.events[0].user = "' OR true --";
  EXPECT_THAT(Roles(ExplainRequest(steps, "' OR true --")), ElementsAre("ENTERED"));
}

TEST_F(ExplainFunnelActorRequestTest, UserOfAnotherProjectIsNotFound) {
  Add("10:00", "visit");
  Load(history_);
  history_.events[0].user = "bob";
  EXPECT_EQ(Refusal(ExplainRequest(Steps({"visit"}))).code(), absl::StatusCode::kNotFound);
}

TEST_F(ExplainFunnelActorRequestTest, ReadsOnlyThePartitionsOfTheScan) {
  const int year = YearOfMonths();
  v1::ExplainFunnelActorRequest request = ExplainRequest(Steps({"visit"}));
  v1::Interval& interval = *request.mutable_funnel()->mutable_scope()->mutable_interval();
  interval.set_start_date(absl::StrCat(year, "-03-05"));
  interval.set_end_date(absl::StrCat(year, "-03-31"));
  *request.mutable_funnel()->mutable_scope()->mutable_as_of_time() =
      donut::ToProto(At(absl::StrCat(year, "-12-31 00:00:00")));
  request.mutable_funnel()->mutable_window()->set_seconds(86400 * 3);
  Add("10:00", "visit");
  Load(history_);
  const std::string month = absl::StrCat(year, "_0");
  const auto scanned = [&] {
    return ScannedPartitions(database(), [&](pqxx::transaction_base& transaction) {
      EXPECT_OK(query::ExplainFunnelActor(request, context_, transaction));
    });
  };
  EXPECT_THAT(scanned(), ElementsAre(month + "3", month + "4"));
  request.mutable_funnel()->set_range_applies_to(v1::FUNNEL_RANGE_ALL_STEPS);
  EXPECT_THAT(scanned(), ElementsAre(month + "3"));
}

TEST_F(ExplainFunnelActorRequestTest, PassesOverWhatSaysNothingAboutOneActor) {
  Add("10:00", "visit");
  EXPECT_THAT(Roles(Steps({"visit"}) + "breakdown { event_name: true } attribution: FUNNEL_ATTRIBUTION_STEP "
                                       "attribution_step: 1 histogram { count: 3 } "
                                       "series { granularity: GRANULARITY_DAY }"),
              ElementsAre("ENTERED"));
}

TEST_F(ExplainFunnelActorRequestTest, RefusesWhatIsWrongByItsField) {
  Add("10:00", "visit");
  const auto refusal = [&](const v1::ExplainFunnelActorRequest& request) {
    const absl::Status status = Refusal(request);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return std::string(status.message());
  };
  EXPECT_THAT(refusal(ExplainRequest("")), HasSubstr("funnel.steps: "));
  EXPECT_THAT(refusal(ExplainRequest(Steps({"visit"}), "")), HasSubstr("user_id: must be set"));
  EXPECT_THAT(refusal(ExplainRequest(Steps({"visit"}), std::string(201, 'u'))), HasSubstr("user_id: "));
  EXPECT_THAT(refusal(ExplainRequest(Steps({"visit"}), std::string("a\0b", 3))), HasSubstr("user_id: "));
  v1::ExplainFunnelActorRequest request = ExplainRequest(Steps({"visit"}));
  request.set_session_id("s");
  EXPECT_THAT(refusal(request), HasSubstr("session_id: must not be set unless"));
  request.set_session_key(1);
  EXPECT_THAT(refusal(request), HasSubstr("session_key: must not be set unless"));
  request = ExplainRequest("actor: ACTOR_SESSION " + Steps({"visit"}));
  EXPECT_THAT(refusal(request), HasSubstr("session_id: must be set, or session_key"));
  request.set_session_id("");
  EXPECT_THAT(refusal(request), HasSubstr("session_id: must not be empty"));
  EXPECT_THAT(refusal(ExplainRequest(
                  "steps { any_event: true filter { condition { event_property: 'p' regex: '(' } } }")),
              HasSubstr("funnel.steps[0].filter.condition.regex: "));
}

}  // namespace
}  // namespace donut::testing
