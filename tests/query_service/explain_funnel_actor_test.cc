#include "query_service/metrics/funnel/explain_funnel_actor.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/proto_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/query_service/explain_funnel_actor_test.h"

namespace donut::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The example of docs/metrics/explain_funnel_actor.md.
TEST_F(ExplainFunnelActorTest, AnswersTheExampleOfItsPage) {
  Add("09:00", "signup");
  Add("09:30", "cancel");
  Add("10:00", "visit");
  Add("10:10", "signup");
  Add("10:20", "cancel");
  Add("10:30", "purchase");
  Add("12:00", "visit");
  Add("12:05", "signup");
  Add("14:05", "purchase");
  Add("2024-03-06 00:30", "visit");
  EXPECT_THAT(
      Roles(Steps({"visit", "signup", "purchase"}) + "exclusions { event_names: 'cancel' }"),
      ElementsAre("OUT_OF_ORDER", "EXCLUSION_WITHOUT_EFFECT", "ENTERED", "ADVANCED", "EXCLUDED",
                  "BLOCKED_BY_EXCLUSION", "OTHER_ATTEMPT", "OTHER_ATTEMPT", "TOO_LATE", "OUTSIDE_INTERVAL"));
  EXPECT_EQ(
      response_.summary(),
      "reached step 2 of 3, signup; purchase at 2024-03-05 10:30 would have been step 3, purchase, after "
      "the entry at 2024-03-05 10:00, but cancel at 2024-03-05 10:20 excluded it");
  EXPECT_EQ(response_.level(), 2);
  EXPECT_EQ(response_.step_count(), 3);
  EXPECT_EQ(response_.event_count(), 10);
  EXPECT_FALSE(response_.still_open());
  EXPECT_FALSE(response_.events_truncated());
  ASSERT_EQ(response_.step_times_size(), 2);
  EXPECT_EQ(*FromProto(response_.step_times(1), "t"), At("2024-03-05 10:10:00"));
  std::vector<std::string> sentences;
  for (const v1::FunnelActorEvent& event : response_.events()) sentences.push_back(event.explanation());
  EXPECT_THAT(
      sentences,
      ElementsAre(
          "would be step 2, signup, but step 1, visit, had not been done before it",
          "changed nothing: no attempt stood between steps 1 and 3",
          "entered; the window was open until 2024-03-05 11:00",
          "is step 2, signup, 10m after the entry at 2024-03-05 10:00",
          "ended the attempt from the entry at 2024-03-05 10:00, which had got to step 2, signup, because it "
          "must not come between steps 1 and 3",
          "would have been step 3, purchase, after the entry at 2024-03-05 10:00, but cancel at 2024-03-05 "
          "10:20 excluded it",
          "is step 1, visit, of another attempt; the one from the entry at 2024-03-05 10:00 is counted: it "
          "got "
          "furthest, then ended first, then started last",
          "is step 2, signup, of another attempt, from the entry at 2024-03-05 12:00; the one from the entry "
          "at "
          "2024-03-05 10:00 is counted: it got furthest, then ended first, then started last",
          "would have been step 3, purchase, but came 1h 5m after the window of the entry at 2024-03-05 "
          "12:00 "
          "had closed",
          "would enter, but the interval ended at 2024-03-06 00:00"));
  EXPECT_EQ(*FromProto(response_.events(8).too_late_by(), "d"), absl::Minutes(65));
  EXPECT_FALSE(response_.events(7).has_too_late_by());
  EXPECT_EQ(response_.events(4).step(), 0);
  EXPECT_EQ(response_.events(8).step(), 3);
}

TEST_F(ExplainFunnelActorTest, SaysWhoConverted) {
  Add("10:00", "visit");
  Add("10:00", "purchase");
  EXPECT_THAT(Roles(Steps({"visit", "purchase"})), ElementsAre("ENTERED", "ADVANCED"));
  EXPECT_EQ(response_.summary(), "reached all 2 steps, purchase, 0s after entering at 2024-03-05 10:00");
}

TEST_F(ExplainFunnelActorTest, TimesAreInTheTimeZoneOfTheScope) {
  Add("10:00", "visit");
  v1::ExplainFunnelActorRequest request = ExplainRequest(Steps({"visit", "purchase"}));
  request.mutable_funnel()->mutable_scope()->set_time_zone("Asia/Kolkata");
  EXPECT_THAT(Roles(request), ElementsAre("ENTERED"));
  EXPECT_EQ(response_.events(0).explanation(), "entered; the window was open until 2024-03-05 16:30");
  EXPECT_EQ(response_.summary(), "reached step 1 of 2, visit; no purchase followed");
}

TEST_F(ExplainFunnelActorTest, OpenWindowCanStillConvert) {
  Add("10:00", "visit");
  v1::ExplainFunnelActorRequest request = ExplainRequest(Steps({"visit", "purchase"}));
  *request.mutable_funnel()->mutable_scope()->mutable_as_of_time() =
      donut::ToProto(At("2024-03-05 10:59:59.999999"));
  Roles(request);
  EXPECT_TRUE(response_.still_open());
  EXPECT_EQ(response_.summary(),
            "reached step 1 of 2, visit; no purchase followed yet; it can still get further");
  *request.mutable_funnel()->mutable_scope()->mutable_as_of_time() =
      donut::ToProto(At("2024-03-05 11:00:00"));
  Roles(request);
  EXPECT_FALSE(response_.still_open());
}

TEST_F(ExplainFunnelActorTest, StrictNamesWhatStoodInTheWay) {
  Add("09:00", "help");
  Add("09:10", "signup");
  Add("10:00", "visit");
  Add("10:05", "help");
  Add("10:10", "signup");
  Add("11:00", "visit");
  Add("13:00", "signup");
  EXPECT_THAT(Roles("order: FUNNEL_ORDER_STRICT " + Steps({"visit", "signup"})),
              ElementsAre("NOT_A_STEP", "OUT_OF_ORDER", "ENTERED", "INTERRUPTED", "OUT_OF_ORDER",
                          "OTHER_ATTEMPT", "TOO_LATE"));
  EXPECT_EQ(response_.events(3).step(), 2);
  EXPECT_THAT(response_.events(4).explanation(),
              HasSubstr("step 1, visit, had not been done right before it"));
  EXPECT_EQ(
      response_.summary(),
      "reached step 1 of 2, visit; help at 2024-03-05 10:05 stood where step 2, signup, would have had to "
      "follow, after the entry at 2024-03-05 10:00");
}

TEST_F(ExplainFunnelActorTest, EventWithoutTheHeldValueIsIgnoredAndAnotherValueIsAnotherAttempt) {
  Add("10:00", "visit", {{"plan", "\"pro\""}});
  Add("10:05", "signup");
  Add("10:06", "signup", {{"plan", "null"}});
  Add("10:07", "signup", {{"plan", "\"free\""}});
  Add("10:10", "signup", {{"plan", "\"pro\""}});
  EXPECT_THAT(Roles("hold_constant: 'plan' " + Steps({"visit", "signup"})),
              ElementsAre("ENTERED", "WITHOUT_HELD_VALUE", "WITHOUT_HELD_VALUE", "OUT_OF_ORDER", "ADVANCED"));
  EXPECT_EQ(response_.events(1).explanation(), "is ignored: it has no value for plan");
  EXPECT_THAT(response_.events(1).held_values(), IsEmpty());
  EXPECT_THAT(response_.events(4).held_values(), ElementsAre("pro"));
  EXPECT_THAT(
      Roles("order: FUNNEL_ORDER_STRICT hold_constant: 'plan' " + Steps({"visit", "signup"})),
      ElementsAre("ENTERED", "WITHOUT_HELD_VALUE", "WITHOUT_HELD_VALUE", "INTERRUPTED", "OUT_OF_ORDER"));
}

TEST_F(ExplainFunnelActorTest, UnorderedCountsStepsInTheOrderInWhichTheyCame) {
  Add("10:00", "purchase");
  Add("10:10", "visit");
  Add("2024-03-06 00:10", "visit");
  EXPECT_THAT(Roles("order: FUNNEL_ORDER_UNORDERED " + Steps({"visit", "purchase", "signup"})),
              ElementsAre("ENTERED", "ADVANCED", "OUTSIDE_INTERVAL"));
  EXPECT_THAT(response_.events(1).matched_steps(), ElementsAre(1));
  EXPECT_EQ(response_.events(1).step(), 2);
  EXPECT_EQ(response_.summary(), "reached any 2 of 3 steps; no further step followed");
}

TEST_F(ExplainFunnelActorTest, UnorderedStepAfterTheWindowOrAnExclusionIsSaid) {
  Add("23:00", "visit");
  Add("23:10", "cancel");
  Add("23:20", "cancel");
  Add("2024-03-06 00:00", "signup");
  Add("2024-03-06 00:20", "purchase");
  EXPECT_THAT(
      Roles("order: FUNNEL_ORDER_UNORDERED exclusions { event_names: 'cancel' } " +
            Steps({"visit", "purchase", "signup"})),
      ElementsAre("ENTERED", "EXCLUDED", "EXCLUSION_WITHOUT_EFFECT", "BLOCKED_BY_EXCLUSION", "TOO_LATE"));
}

TEST_F(ExplainFunnelActorTest, WhatIsExcludedGoesOnToBeBlocked) {
  Add("10:00", "a");
  Add("10:10", "x");
  Add("10:20", "b");
  Add("10:30", "c");
  EXPECT_THAT(Roles("exclusions { event_names: 'x' } " + Steps({"a", "b", "c"})),
              ElementsAre("ENTERED", "EXCLUDED", "BLOCKED_BY_EXCLUSION", "BLOCKED_BY_EXCLUSION"));
}

TEST_F(ExplainFunnelActorTest, ExclusionAfterTheWindowChangesNothing) {
  Add("10:00", "a");
  Add("11:01", "x");
  Add("11:02", "b");
  EXPECT_THAT(Roles("exclusions { event_names: 'x' } " + Steps({"a", "b"})),
              ElementsAre("ENTERED", "EXCLUSION_WITHOUT_EFFECT", "TOO_LATE"));
}

TEST_F(ExplainFunnelActorTest, ExclusionBehindItsLastStepChangesNothing) {
  const std::string funnel = "exclusions { event_names: 'x' to_step: 2 } " + Steps({"a", "b", "c"});
  Add("10:00", "a");
  Add("10:10", "b");
  Add("10:20", "x");
  Add("10:30", "c");
  EXPECT_THAT(Roles(funnel), ElementsAre("ENTERED", "ADVANCED", "EXCLUSION_WITHOUT_EFFECT", "ADVANCED"));
  // A second entry, which has not got so far.
  Add("10:15", "a");
  EXPECT_THAT(Roles(funnel), ElementsAre("ENTERED", "ADVANCED", "OTHER_ATTEMPT", "EXCLUDED", "ADVANCED"));
}

TEST_F(ExplainFunnelActorTest, ExclusionOfTheSameInstantComesBeforeTheStep) {
  Add("10:00", "a");
  Add("10:10", "b");
  Add("10:10", "x");
  EXPECT_THAT(Roles("exclusions { event_names: 'x' } " + Steps({"a", "b"})),
              ElementsAre("ENTERED", "EXCLUDED", "BLOCKED_BY_EXCLUSION"));
}

TEST_F(ExplainFunnelActorTest, SaysWhyNobodyEntered) {
  Add("2024-03-06 00:10", "visit");
  Roles(Steps({"visit", "signup"}));
  EXPECT_EQ(response_.level(), 0);
  EXPECT_EQ(response_.summary(),
            "did not enter: what would enter came after the interval, which ended at 2024-03-06 00:00");
  Roles(Steps({"signup", "visit"}));
  EXPECT_EQ(response_.summary(),
            "did not enter: there is no signup from 2024-03-05 00:00 to 2024-03-06 00:00");
  v1::ExplainFunnelActorRequest request = ExplainRequest(Steps({"visit"}));
  *request.mutable_funnel()->mutable_scope()->mutable_as_of_time() =
      donut::ToProto(At("2024-03-04 12:00:00"));
  Roles(request);
  EXPECT_EQ(response_.summary(),
            "did not enter: the interval starts at 2024-03-05 00:00, after as_of, 2024-03-04 12:00");
  history_.events[0].time = At("2024-03-05 10:00:00");
  Roles("hold_constant: 'plan' " + Steps({"visit"}));
  EXPECT_EQ(response_.summary(), "did not enter: what would enter has no value for plan");
}

TEST_F(ExplainFunnelActorTest, FiltersDecideWhatAnEventMatches) {
  Add("10:00", "visit", {{"plan", "\"free\""}});
  Add("10:01", "visit", {{"plan", "\"pro\""}});
  Add("10:02", "cancel", {{"plan", "\"free\""}});
  Add("10:03", "signup");
  const std::string pro = "filter { condition { event_property: 'plan' equals { string_value: 'pro' } } }";
  EXPECT_THAT(
      Roles(absl::StrCat("steps { event_names: 'visit' ", pro,
                         "} steps { event_names: 'signup' } exclusions { event_names: 'cancel' ", pro, "}")),
      ElementsAre("ENTERED", "ADVANCED"));
}

}  // namespace
}  // namespace donut::testing
