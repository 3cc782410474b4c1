#include "query_service/metrics/funnel/funnel_question.h"

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
using ::testing::HasSubstr;

absl::StatusOr<query::FunnelQuestion> ResolveQuestion(const std::string& text) {
  v1::GetFunnelRequest request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
  return query::ResolveFunnel(request, {{1, "default", "UTC"}, At("2024-06-15 12:00:00")});
}

struct QuestionRefusal {
  std::string request;
  std::string field;
  std::string rule;
};

void ExpectRefusals(const std::vector<QuestionRefusal>& refusals) {
  for (const QuestionRefusal& refusal : refusals) {
    EXPECT_THAT(ResolveQuestion(refusal.request),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr(refusal.field), HasSubstr(refusal.rule))))
        << refusal.request;
  }
}

TEST(FunnelQuestionTest, RefusesWithTheFieldAndTheRule) {
  const std::string long_name(201, 'x');
  std::string steps_21, names_21;
  for (int i = 0; i < 21; ++i) {
    absl::StrAppend(&steps_21, "steps { any_event: true } ");
    absl::StrAppend(&names_21, "event_names: 'n", i, "' ");
  }
  const std::vector<QuestionRefusal> refusals = {
      {"", "steps:", "1 to 20"},
      {steps_21, "steps:", "1 to 20"},
      {"steps { any_event: true } steps { }", "steps[1].event_names:", "must have a name"},
      {"steps { any_event: true event_names: 'a' }", "steps[0].any_event:", "must not be set"},
      {"steps { event_names: '' }", "steps[0].event_names[0]:", "empty"},
      {"steps { event_names: 'a' event_names: 'a' }", "steps[0].event_names[1]:", "differ"},
      {"steps { event_names: '" + long_name + "' }", "steps[0].event_names[0]:", "200 bytes"},
      {"steps { " + names_21 + "}", "steps[0].event_names:", "at most 20"},
      {"steps { any_event: true label: '" + long_name + "' }", "steps[0].label:", "200 bytes"},
      {"steps { any_event: true } window { seconds: 0 }", "window:", "1 microsecond"},
      {"steps { any_event: true } window { nanos: 999 }", "window:", "1 microsecond"},
      {"steps { any_event: true } window { seconds: -1 }", "window:", "1 microsecond"},
      {"steps { any_event: true } window { seconds: 31622400 nanos: 1 }", "window:", "366 days"},
      {"steps { any_event: true } window { seconds: 1 nanos: -1 }", "window", ""},
      {"steps { any_event: true } actor: 7", "actor:", "ACTOR_USER"},
      {"steps { any_event: true } scope { time_zone: 'Mars/Olympus' }", "scope.time_zone:", ""},
      {"steps { any_event: true } scope { interval { end_date: '2024-01-01' } }", "scope.interval", ""},
  };
  ExpectRefusals(refusals);
}

TEST(FunnelQuestionTest, RefusesOptionsThatSayNothing) {
  const std::string two = "steps { event_names: 'a' } steps { event_names: 'b' } ";
  const std::string exclusion = " exclusions { event_names: 'x' } ";
  ExpectRefusals({
      {two + "order: 9", "order:", "ORDERED"},
      {two + "range_applies_to: 9", "range_applies_to:", "ENTRY"},
      {two + "ties: 9", "ties:", "BY_STEP"},
      {two + "ties: FUNNEL_TIES_BY_STEP order: FUNNEL_ORDER_STRICT", "ties:", "ORDERED"},
      {two + "order: FUNNEL_ORDER_STRICT" + exclusion, "exclusions:", "STRICT"},
      {two + exclusion + exclusion + exclusion + exclusion + exclusion + exclusion,
       "exclusions:", "at most 5"},
      {two + "exclusions { }", "exclusions[0].event_names:", "must have a name"},
      {"steps { any_event: true filter { condition { event_property: 'p' exists: true } } }" + exclusion,
       "exclusions[0].from_step:", "there is one"},
      {two + "exclusions { event_names: 'x' from_step: 2 }",
       "exclusions[0].from_step:", "below to_step, which is 2"},
      {two + "exclusions { event_names: 'x' to_step: 3 }", "exclusions[0].to_step:", "from 2 to 2"},
      {two + "exclusions { event_names: 'x' from_step: 1 to_step: 1 }",
       "exclusions[0].to_step:", "from 2 to 2"},
      {two + "exclusions { event_names: 'x' event_names: 'b' }", "exclusions[0].event_names[1]:", "step 2"},
      {two + "hold_constant: ''", "hold_constant[0]:", "empty"},
      {two + "hold_constant: 'p' hold_constant: 'p'", "hold_constant[1]:", "differ"},
      {two + "hold_constant: 'a' hold_constant: 'b' hold_constant: 'c' hold_constant: 'd'",
       "hold_constant:", "at most 3"},
      {two + "breakdown { }", "breakdown:", "event_property"},
      {two + "breakdown { event_property: 'p' limit: 101 }", "breakdown.limit:", "1 to 100"},
      {two + "attribution: FUNNEL_ATTRIBUTION_ENTRY", "attribution:", "breakdown"},
      {two + "breakdown { user_property: 'p' } attribution: FUNNEL_ATTRIBUTION_ENTRY",
       "attribution:", "breakdown"},
      {two + "breakdown { event_name: true } attribution: FUNNEL_ATTRIBUTION_STEP",
       "attribution_step:", "1 to 2"},
      {two + "breakdown { event_name: true } attribution_step: 1",
       "attribution_step:", "FUNNEL_ATTRIBUTION_STEP"},
      {two + "series { }", "series.granularity:", "must be set"},
      {two + "series { granularity: GRANULARITY_DAY from_step: 2 }",
       "series.from_step:", "below to_step, which is 2"},
      {two + "series { granularity: GRANULARITY_DAY to_step: 1 }", "series.to_step:", "2 to 2"},
      {two + "series { granularity: GRANULARITY_HOUR } scope { interval { start_date: '2023-01-01' } }",
       "scope.interval:", "5000 buckets"},
      {two + "scope { preset: 9 }", "scope.preset:", "PRESET_"},
  });
}

TEST(FunnelQuestionTest, RefusesAStepThatAnotherOneLeavesNoEventsFor) {
  const std::string unordered = "order: FUNNEL_ORDER_UNORDERED ";
  ExpectRefusals({
      {unordered + "steps { event_names: 'a' } steps { event_names: 'a' }", "steps[1]:", "steps[0]"},
      {unordered + "steps { any_event: true } steps { event_names: 'a' }", "steps[1]:", "steps[0]"},
  });
  const std::string filter = "filter { condition { event_property: 'p' exists: true } }";
  EXPECT_OK(
      ResolveQuestion(unordered + "steps { event_names: 'a' } steps { event_names: 'a' " + filter + " }"));
  EXPECT_OK(
      ResolveQuestion(unordered + "steps { event_names: 'a' } steps { event_names: 'a' event_names: 'b' }"));
}

TEST(FunnelQuestionTest, TakesAStepOutsideTheExclusionAsItsEvent) {
  EXPECT_OK(
      ResolveQuestion("steps { event_names: 'a' } steps { event_names: 'b' } steps { event_names: 'c' } "
                      "exclusions { event_names: 'c' to_step: 2 }"));
}

TEST(FunnelQuestionTest, InAnyOrderRefusesEachStepAsWhatExcludes) {
  const std::string unordered =
      "order: FUNNEL_ORDER_UNORDERED steps { event_names: 'a' } steps { event_names: 'b' } "
      "steps { event_names: 'c' } exclusions { to_step: 2 event_names: 'x' ";
  const std::string filter = "filter { condition { event_property: 'p' exists: true } }";
  ExpectRefusals(
      {{unordered + "event_names: 'c' }", "exclusions[0].event_names[1]:", "step 3"},
       {unordered + "event_names: 'c' " + filter + " }", "exclusions[0].event_names[1]:", "step 3"}});
  EXPECT_OK(ResolveQuestion(unordered + "}"));
}

TEST(FunnelQuestionTest, APresetGivesWhatIsNotSetAndASetFieldWins) {
  const std::string posthog =
      "scope { preset: PRESET_POSTHOG } steps { any_event: true } breakdown { event_name: true } ";
  ASSERT_OK_AND_ASSIGN(const query::FunnelQuestion preset, ResolveQuestion(posthog));
  EXPECT_EQ(preset.range, v1::FUNNEL_RANGE_ALL_STEPS);
  EXPECT_EQ(preset.attribution, v1::FUNNEL_ATTRIBUTION_FIRST_TOUCH);
  ASSERT_OK_AND_ASSIGN(
      const query::FunnelQuestion set,
      ResolveQuestion(posthog +
                      "range_applies_to: FUNNEL_RANGE_ENTRY attribution: FUNNEL_ATTRIBUTION_ENTRY"));
  EXPECT_EQ(set.range, v1::FUNNEL_RANGE_ENTRY);
  EXPECT_EQ(set.attribution, v1::FUNNEL_ATTRIBUTION_ENTRY);
  const std::string amplitude = "scope { preset: PRESET_AMPLITUDE } steps { any_event: true } ";
  ASSERT_OK_AND_ASSIGN(const query::FunnelQuestion one_day, ResolveQuestion(amplitude));
  EXPECT_EQ(one_day.window, absl::Hours(24));
  ASSERT_OK_AND_ASSIGN(const query::FunnelQuestion one_minute,
                       ResolveQuestion(amplitude + "window { seconds: 60 }"));
  EXPECT_EQ(one_minute.window, absl::Minutes(1));
}

TEST(FunnelQuestionTest, TakesTheLimitsThemselves) {
  std::string request = "window { seconds: 31622400 } ";
  for (int i = 0; i < 20; ++i)
    absl::StrAppend(&request, "steps { event_names: '", std::string(200, 'x'), "' } ");
  EXPECT_OK(ResolveQuestion(request));
  EXPECT_OK(ResolveQuestion("steps { any_event: true } window { nanos: 1000 }"));
}

}  // namespace
}  // namespace donut::testing
