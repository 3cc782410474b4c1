#include "query_service/metrics/funnel/funnel_actors.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "tests/query_service/metric_test.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

// What the question of the page has in common.
constexpr char kFunnel[] = R"(funnel {
  scope { interval { start_date: "2024-03-01" end_date: "2024-03-11" } }
  steps { event_names: "visit" } steps { event_names: "signup" } steps { event_names: "purchase" } } )";

v1::ListFunnelActorsRequest FunnelActorsRequest(const std::string& text) {
  v1::ListFunnelActorsRequest request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
  return request;
}

class FunnelActorsTest : public MetricTest {
 protected:
  void Add(const std::string& user, const std::string& name, int seconds, const std::string& session = "") {
    HistoryEvent event;
    event.time = At("2024-03-05 00:00:00") + absl::Seconds(seconds);
    event.user = user;
    event.session = session;
    event.name = name;
    event.sequence = static_cast<int64_t>(history_.events.size()) + 1;
    history_.events.push_back(event);
  }

  void AddExampleOfItsPage() {
    for (const char* user : {"ann", "bob", "cat", "dan"}) Add(user, "visit", 0);
    Add("ann", "signup", 60);
    Add("bob", "signup", 120);
    Add("cat", "signup", 600);
    Add("ann", "visit", 3600);
    Add("ann", "purchase", 3660);
    Add("bob", "purchase", 720);
    Load(history_);
  }

  v1::ListFunnelActorsResponse List(const v1::ListFunnelActorsRequest& request) {
    const auto response = Ask(query::FunnelActors, request);
    EXPECT_OK(response);
    return response.ok() ? *response : v1::ListFunnelActorsResponse();
  }

  static std::vector<std::string> Users(const v1::ListFunnelActorsResponse& response) {
    std::vector<std::string> users;
    for (const v1::FunnelActor& actor : response.actors()) users.push_back(actor.user_id());
    return users;
  }

  History history_;
};

TEST_F(FunnelActorsTest, AnswersTheExampleOfItsPage) {
  AddExampleOfItsPage();
  const auto dropped = List(FunnelActorsRequest(absl::StrCat(kFunnel, "dropped_before_step: 3")));
  EXPECT_THAT(Users(dropped), ElementsAre("cat"));
  EXPECT_EQ(dropped.total_size(), 1);
  EXPECT_EQ(dropped.actors(0).level(), 2);
  const auto reached = List(FunnelActorsRequest(absl::StrCat(kFunnel, "reached_step: 2")));
  EXPECT_THAT(Users(reached), ElementsAre("ann", "bob", "cat"));
  EXPECT_EQ(reached.total_size(), 3);
  // Of the attempt that converted, which began with the first visit.
  ASSERT_EQ(reached.actors(0).step_times_size(), 3);
  EXPECT_EQ(reached.actors(0).step_times(0).seconds(), absl::ToUnixSeconds(At("2024-03-05 00:00:00")));
  EXPECT_EQ(reached.actors(0).step_times(2).seconds(), absl::ToUnixSeconds(At("2024-03-05 01:01:00")));
  EXPECT_EQ(reached.next_page_token(), "");
}

TEST_F(FunnelActorsTest, AnswersTheExampleOfARowOfItsPage) {
  AddExampleOfItsPage();
  for (HistoryEvent& event : history_.events) {
    if (event.user != "ann" || event.name != "visit") continue;
    event.properties["platform"] = event.time == At("2024-03-05 00:00:00") ? "\"web\"" : "\"ios\"";
  }
  Load(history_);
  const auto expect_behind = [&](const std::string& value, v1::FunnelAttribution attribution) {
    v1::ListFunnelActorsRequest request = FunnelActorsRequest(absl::StrCat(kFunnel, "reached_step: 3"));
    request.mutable_funnel()->mutable_breakdown()->set_event_property("platform");
    request.mutable_funnel()->set_attribution(attribution);
    request.mutable_breakdown_value()->set_text(value);
    const auto row = List(request);
    EXPECT_THAT(Users(row), ElementsAre("ann")) << attribution;
    EXPECT_EQ(row.total_size(), 1) << attribution;
  };
  expect_behind("web", v1::FUNNEL_ATTRIBUTION_ENTRY);
  expect_behind("web", v1::FUNNEL_ATTRIBUTION_FIRST_TOUCH);
  expect_behind("ios", v1::FUNNEL_ATTRIBUTION_LAST_TOUCH);
}

TEST_F(FunnelActorsTest, PagesHaveEachActorOnce) {
  AddExampleOfItsPage();
  v1::ListFunnelActorsRequest request =
      FunnelActorsRequest(absl::StrCat(kFunnel, "reached_step: 1 page_size: 3"));
  const auto first = List(request);
  EXPECT_THAT(Users(first), ElementsAre("ann", "bob", "cat"));
  request.set_page_token(first.next_page_token());
  const auto second = List(request);
  EXPECT_THAT(Users(second), ElementsAre("dan"));
  EXPECT_EQ(second.total_size(), 4);
  EXPECT_EQ(second.next_page_token(), "");
}

TEST_F(FunnelActorsTest, RefusesTheTokenOfAnotherQuestion) {
  AddExampleOfItsPage();
  v1::ListFunnelActorsRequest request =
      FunnelActorsRequest(absl::StrCat(kFunnel, "reached_step: 1 page_size: 3"));
  const std::string token = List(request).next_page_token();
  request.set_reached_step(2);
  request.set_page_token(token);
  EXPECT_THAT(Ask(query::FunnelActors, request),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("page_token")));
}

TEST_F(FunnelActorsTest, RefusesTheTokenOfAnotherRow) {
  for (const char* user : {"ann", "bob"}) {
    Add(user, "visit", 0);
    history_.events.back().properties["os"] = "\"mac\"";
  }
  Load(history_);
  v1::ListFunnelActorsRequest request =
      FunnelActorsRequest(absl::StrCat(kFunnel, "reached_step: 1 page_size: 1"));
  request.mutable_funnel()->mutable_breakdown()->set_event_property("os");
  request.mutable_breakdown_value()->set_text("mac");
  const auto first = List(request);
  EXPECT_THAT(Users(first), ElementsAre("ann"));
  EXPECT_EQ(first.total_size(), 2);
  request.set_page_token(first.next_page_token());
  EXPECT_THAT(Users(List(request)), ElementsAre("bob"));
  const auto is_refused = StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("page_token"));
  request.mutable_breakdown_value()->set_none(true);
  EXPECT_THAT(Ask(query::FunnelActors, request), is_refused);
  request.clear_breakdown_value();
  EXPECT_THAT(Ask(query::FunnelActors, request), is_refused);
}

TEST_F(FunnelActorsTest, APageOfLongValuesEndsBeforeItIsTooLargeForAMessage) {
  constexpr int kUsers = 300;
  for (int user = 0; user < kUsers; ++user) {
    Add(absl::StrCat("user ", 100 + user), "visit", 0);
    history_.events.back().properties["text"] = absl::StrCat("\"", std::string(8 << 10, 'x'), user, "\"");
  }
  Load(history_);
  v1::ListFunnelActorsRequest request =
      FunnelActorsRequest(absl::StrCat(kFunnel, "reached_step: 1 page_size: 1000"));
  request.mutable_funnel()->mutable_breakdown()->set_event_property("text");
  const auto first = List(request);
  EXPECT_EQ(first.total_size(), kUsers);
  EXPECT_LT(first.actors_size(), kUsers);
  EXPECT_LT(first.ByteSizeLong(), query::kMaxFunnelActorsPageBytes + (16 << 10));
  request.set_page_token(first.next_page_token());
  const auto second = List(request);
  EXPECT_EQ(first.actors_size() + second.actors_size(), kUsers);
  EXPECT_EQ(second.actors(0).user_id(), absl::StrCat("user ", 100 + first.actors_size()));
  EXPECT_EQ(second.next_page_token(), "");
}

TEST_F(FunnelActorsTest, NobodyIsAnEmptyPage) {
  Load({});
  const auto nobody = List(FunnelActorsRequest(absl::StrCat(kFunnel, "reached_step: 1")));
  EXPECT_EQ(nobody.actors_size(), 0);
  EXPECT_EQ(nobody.total_size(), 0);
}

TEST_F(FunnelActorsTest, TellsTheSessionsOfAUserApart) {
  Add("ann", "visit", 0, "run-7");
  Add("ann", "signup", 1, "run-8");
  Add("ann", "visit", 2, "tab");
  Load(history_);
  v1::ListFunnelActorsRequest request = FunnelActorsRequest(absl::StrCat(kFunnel, "reached_step: 1"));
  request.mutable_funnel()->set_actor(v1::ACTOR_SESSION);
  const auto sessions = List(request);
  EXPECT_THAT(Users(sessions), ElementsAre("ann", "ann"));
  EXPECT_NE(sessions.actors(0).session_key(), sessions.actors(1).session_key());
  EXPECT_THAT((std::vector{sessions.actors(0).session_id(), sessions.actors(1).session_id()}),
              UnorderedElementsAre("run-7", "tab"));
}

TEST_F(FunnelActorsTest, CountsASessionOfTwoUsersAsTwo) {
  Add("ann", "visit", 0, "shared");
  Add("bob", "visit", 1, "shared");
  Load(history_);
  v1::ListFunnelActorsRequest request = FunnelActorsRequest(absl::StrCat(kFunnel, "reached_step: 1"));
  request.mutable_funnel()->set_actor(v1::ACTOR_SESSION);
  const auto sessions = List(request);
  EXPECT_THAT(Users(sessions), ElementsAre("ann", "bob"));
  EXPECT_EQ(sessions.actors(0).session_id(), "shared");
  EXPECT_EQ(sessions.actors(1).session_id(), "shared");
  EXPECT_EQ(sessions.actors(0).session_key(), sessions.actors(1).session_key());
}

TEST_F(FunnelActorsTest, RefusesWithTheFieldAndTheRule) {
  Load({});
  const auto expect = [&](const std::string& request, const std::string& field, const std::string& rule) {
    EXPECT_THAT(Ask(query::FunnelActors, FunnelActorsRequest(request)),
                StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr(field), HasSubstr(rule))))
        << request;
  };
  expect(kFunnel, "reached_step:", "must be set");
  expect(absl::StrCat(kFunnel, "reached_step: 4"), "reached_step:", "1 to 3");
  expect(absl::StrCat(kFunnel, "reached_step: 0"), "reached_step:", "1 to 3");
  expect(absl::StrCat(kFunnel, "dropped_before_step: 1"), "dropped_before_step:", "2 to 3");
  expect(absl::StrCat(kFunnel, "reached_step: 1 page_size: 1001"), "page_size:", "1 to 1000");
  expect("funnel { } reached_step: 1", "funnel.steps:", "1 to 20");
  expect("funnel { scope { time_zone: 'Mars' } } reached_step: 1", "funnel.scope.time_zone:", "IANA");
  expect(
      "funnel { steps { any_event: true filter { condition { event_name: true regex: '(' } } } } "
      "reached_step: 1",
      "funnel.steps[0].filter.condition.regex:", "regular expression");
  expect("funnel { steps { any_event: true } } reached_step: 1 breakdown_value { none: true }",
         "breakdown_value:", "funnel.breakdown");
}

}  // namespace
}  // namespace donut::testing
