// The requests of the funnel's subcommands and of active users, as the API has them.
#include "cli/funnel_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/active_users_request.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"

namespace donut::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const absl::Time kFunnelNow = absl::FromCivil(absl::CivilHour(2024, 3, 10, 12), absl::UTCTimeZone());

template <typename Message>
void ExpectRequest(const absl::StatusOr<Message>& actual, const std::string& expected) {
  ASSERT_TRUE(actual.ok()) << actual.status();
  Message message;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(expected, &message));
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*actual, message)) << actual->DebugString();
}

std::string FunnelRefusal(const FunnelArguments& arguments) {
  return std::string(ToFunnelRequest(arguments, kFunnelNow).status().message());
}

TEST(FunnelRequestTest, StepsAloneLeaveTheRestToTheService) {
  ExpectRequest(ToFunnelRequest({.steps = {"visit", "signup|login", "*"}}, kFunnelNow),
                R"pb(scope {}
                     steps { event_names: "visit" }
                     steps { event_names: "signup" event_names: "login" }
                     steps { any_event: true })pb");
}

TEST(FunnelRequestTest, SaysEveryOption) {
  ExpectRequest(ToFunnelRequest({.scope = {.start = "2024-01-01", .end = "2024-01-31"},
                                 .steps = {"visit", "buy[price > 10]"},
                                 .window = "36h",
                                 .actor = "run",
                                 .order = "unordered",
                                 .range = "all-steps",
                                 .ties = "by-event-order",
                                 .exclusions = {"refund@1-2", "chargeback"},
                                 .hold_constant = {"session_id", "device"},
                                 .breakdown = "user.country",
                                 .breakdown_limit = 5,
                                 .attribution = "step:2",
                                 .histogram = "12",
                                 .by = "week",
                                 .series_steps = "1-2"},
                                kFunnelNow),
                R"pb(scope { interval { start_date: "2024-01-01" end_date: "2024-02-01" } }
                     steps { event_names: "visit" }
                     steps {
                       event_names: "buy"
                       filter {
                         condition {
                           event_property: "price"
                           greater { number_value: 10 }
                         }
                       }
                     }
                     window { seconds: 129600 }
                     actor: ACTOR_SESSION
                     order: FUNNEL_ORDER_UNORDERED
                     range_applies_to: FUNNEL_RANGE_ALL_STEPS
                     ties: FUNNEL_TIES_BY_EVENT_ORDER
                     exclusions { event_names: "refund" from_step: 1 to_step: 2 }
                     exclusions { event_names: "chargeback" }
                     hold_constant: "session_id"
                     hold_constant: "device"
                     breakdown { user_property: "country" limit: 5 }
                     attribution: FUNNEL_ATTRIBUTION_STEP
                     attribution_step: 2
                     histogram { count: 12 }
                     series { granularity: GRANULARITY_WEEK from_step: 1 to_step: 2 })pb");
}

TEST(FunnelRequestTest, NamesTheOptionThatIsWrong) {
  EXPECT_EQ(FunnelRefusal({.steps = {"visit", "buy["}}),
            "step 2: column 5: the filter's [ is not closed: expected ] at the end, in: buy[");
  EXPECT_THAT(FunnelRefusal({.window = "14"}), StartsWith("--window: 14 is no length of time"));
  EXPECT_THAT(FunnelRefusal({.actor = "cat"}),
              StartsWith("--actor: cat is not known: one of user, run, session"));
  EXPECT_THAT(FunnelRefusal({.order = "random"}), StartsWith("--order: "));
  EXPECT_THAT(FunnelRefusal({.range = "none"}), StartsWith("--range: "));
  EXPECT_THAT(FunnelRefusal({.ties = "none"}), StartsWith("--ties: "));
  EXPECT_THAT(FunnelRefusal({.exclusions = {"refund@3-1"}}), StartsWith("--exclude: column 7"));
  EXPECT_THAT(FunnelRefusal({.breakdown = "a b"}), StartsWith("--breakdown: column 3"));
  EXPECT_THAT(FunnelRefusal({.breakdown_limit = 3}), StartsWith("--breakdown-limit: needs --breakdown"));
  EXPECT_THAT(FunnelRefusal({.attribution = "step:N"}), StartsWith("--attribution: "));
  EXPECT_THAT(FunnelRefusal({.attribution = "step:0"}), StartsWith("--attribution: "));
  EXPECT_THAT(FunnelRefusal({.attribution = "middle"}),
              HasSubstr("one of entry, first-touch, last-touch, step:N"));
  EXPECT_THAT(FunnelRefusal({.by = "year"}), StartsWith("--by: "));
  EXPECT_THAT(FunnelRefusal({.series_steps = "1-2"}), StartsWith("--series-steps: needs --by"));
}

TEST(FunnelRequestTest, AHistogramIsANumberARuleOrEdges) {
  EXPECT_EQ(ParseHistogram("12")->count(), 12);
  EXPECT_EQ(ParseHistogram("freedman-diaconis")->rule(), v1::HISTOGRAM_RULE_FREEDMAN_DIACONIS);
  const auto edges = ParseHistogram("0, 1h,1d");
  ASSERT_TRUE(edges.ok());
  ASSERT_EQ(edges->edges().edges_size(), 3);
  EXPECT_EQ(edges->edges().edges(2).seconds(), 86400);
  EXPECT_THAT(std::string(ParseHistogram("many").status().message()),
              HasSubstr("cube-root, or a number of bins, or edges such as 1h,6h,1d"));
  EXPECT_THAT(std::string(ParseHistogram("1h,2").status().message()),
              StartsWith("--histogram: 2 is no length"));
  EXPECT_THAT(std::string(ParseHistogram("0").status().message()), StartsWith("--histogram: "));
}

TEST(FunnelRequestTest, TheRowsOfCsvAreThoseThatWereAskedFor) {
  EXPECT_EQ(*ParseFunnelRows("", {}), FunnelRows::kSteps);
  EXPECT_EQ(*ParseFunnelRows("", {.by = "day"}), FunnelRows::kSeries);
  EXPECT_EQ(*ParseFunnelRows("steps", {.by = "day"}), FunnelRows::kSteps);
  EXPECT_FALSE(ParseFunnelRows("series", {}).ok());
  EXPECT_FALSE(ParseFunnelRows("histogram", {}).ok());
}

TEST(FunnelRequestTest, AConversionRateIsOfTwoSteps) {
  ExpectRequest(
      ToConversionRateRequest({.steps = {"signup", "buy"}, .window = "7d", .by = "day"}, kFunnelNow),
      R"pb(scope {}
           from { event_names: "signup" }
           to { event_names: "buy" }
           window { seconds: 604800 }
           series_granularity: GRANULARITY_DAY)pb");
  EXPECT_THAT(std::string(ToConversionRateRequest({.steps = {"a", "b|"}}, kFunnelNow).status().message()),
              StartsWith("TO: column 3"));
}

TEST(FunnelRequestTest, AListOfActorsIsOfOneBar) {
  ExpectRequest(ToFunnelActorsRequest({.funnel = {.steps = {"a", "b"}}, .dropped_before = 2}, kFunnelNow),
                R"pb(funnel {
                       scope {}
                       steps { event_names: "a" }
                       steps { event_names: "b" }
                     }
                     dropped_before_step: 2)pb");
  for (const FunnelActorsArguments& wrong :
       {FunnelActorsArguments{}, FunnelActorsArguments{.reached = 1, .dropped_before = 2}}) {
    EXPECT_THAT(std::string(ToFunnelActorsRequest(wrong, kFunnelNow).status().message()),
                StartsWith("--reached and --dropped-before: "));
  }
}

TEST(FunnelRequestTest, AListOfActorsMayBeOfARow) {
  const FunnelArguments funnel = {.steps = {"a"}, .breakdown = "os", .attribution = "first-touch"};
  const auto expect_row = [&](const FunnelActorsArguments& arguments, const std::string& row) {
    ExpectRequest(ToFunnelActorsRequest(arguments, kFunnelNow),
                  absl::StrCat(R"pb(funnel {
                                      scope {}
                                      steps { event_names: "a" }
                                      breakdown { event_property: "os" }
                                      attribution: FUNNEL_ATTRIBUTION_FIRST_TOUCH
                                    }
                                    reached_step: 1)pb",
                               " ", row));
  };
  expect_row({.funnel = funnel, .reached = 1}, "");
  expect_row({.funnel = funnel, .value = "none", .reached = 1}, "breakdown_value { text: 'none' }");
  expect_row({.funnel = funnel, .value = "", .reached = 1}, "breakdown_value { text: '' }");
  expect_row({.funnel = funnel, .row = "none", .reached = 1}, "breakdown_value { none: true }");
  expect_row({.funnel = funnel, .row = "other", .reached = 1}, "breakdown_value { other: true }");
  expect_row({.funnel = funnel, .row = "not-reached", .reached = 1}, "breakdown_value { not_reached: true }");
  const auto problem = [](const FunnelActorsArguments& wrong) {
    return std::string(ToFunnelActorsRequest(wrong, kFunnelNow).status().message());
  };
  EXPECT_THAT(problem({.funnel = {.steps = {"a"}}, .value = "x", .reached = 1}),
              StartsWith("--value: needs --breakdown"));
  EXPECT_THAT(problem({.funnel = {.steps = {"a"}}, .row = "none", .reached = 1}),
              StartsWith("--row: needs --breakdown"));
  EXPECT_THAT(problem({.funnel = funnel, .row = "mac", .reached = 1}), StartsWith("--row: mac is not known"));
  EXPECT_THAT(problem({.funnel = funnel, .value = "x", .row = "none", .reached = 1}),
              StartsWith("--value and --row: "));
  EXPECT_THAT(problem({.funnel = {.steps = {"a"}, .histogram = "3"}, .reached = 1}),
              StartsWith("--histogram: is for donut funnel"));
  EXPECT_THAT(std::string(ToExplainRequest({.funnel = funnel, .user = "ada"}, kFunnelNow).status().message()),
              StartsWith("--breakdown: is for donut funnel"));
}

TEST(FunnelRequestTest, AnExplanationIsOfOneUserOrRun) {
  ExpectRequest(
      ToExplainRequest({.funnel = {.steps = {"a"}, .actor = "run"}, .user = "ada", .session_key = "-7"},
                       kFunnelNow),
      R"pb(funnel {
             scope {}
             steps { event_names: "a" }
             actor: ACTOR_SESSION
           }
           user_id: "ada"
           session_key: -7)pb");
  EXPECT_FALSE(ToExplainRequest({.session = "x", .session_key = "7"}, kFunnelNow).ok());
  EXPECT_FALSE(ToExplainRequest({.session_key = "seven"}, kFunnelNow).ok());
}

TEST(ActiveUsersRequestTest, SaysEveryOption) {
  ExpectRequest(ToActiveUsersRequest({.by = "month",
                                      .actor = "user",
                                      .events = {"buy", "a|b"},
                                      .breakdown = "address->city",
                                      .compare = true},
                                     kFunnelNow),
                R"pb(scope {}
                     granularity: GRANULARITY_MONTH
                     actor: ACTOR_USER
                     event_names: "buy"
                     event_names: "a|b"
                     breakdown { event_property: "address" nested_keys: "city" }
                     compare_to_previous: true)pb");
}

}  // namespace
}  // namespace donut::cli
