#include "tests/support/expected_answer.h"

#include <string>
#include <vector>

#include "common/proto_alias.h"
#include "donut/analytics/v1/funnel.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace donut::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Compare(const std::string& expected, const std::string& answer) {
  v1::GetFunnelResponse response;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(answer, &response)) << answer;
  return Differences(nlohmann::json::parse(expected), response);
}

constexpr char kAnswer[] = R"(
    scope { start_time { seconds: 1709247600 } time_zone: "UTC" }
    window { seconds: 600 }
    steps { label: "a" actor_count: 2 conversion_from_first { value: 1 } step { event_names: "a" } }
    steps { label: "b" actor_count: 1 conversion_from_first { value: 0.5 low: 0.25 } time_from_previous { count: 1 } }
    order: FUNNEL_ORDER_STRICT
    hold_constant: "x" hold_constant: "y"
    breakdown_rows { value { none: true } } )";

TEST(ExpectedAnswerTest, TakesAPartOfTheAnswer) {
  EXPECT_THAT(Compare(R"({"steps": [{"actor_count": 2, "step": {"event_names": ["a"]}},
                                    {"label": "b", "conversion_from_first": {"value": 0.5, "high": null}}],
                          "order": "FUNNEL_ORDER_STRICT", "hold_constant": ["x", "y"], "complete": false,
                          "conversion": null, "exclusions": [], "breakdown_rows": [{"value": {"none": true}}]})",
                      kAnswer),
              IsEmpty());
  EXPECT_THAT(Compare("{}", kAnswer), IsEmpty());
}

TEST(ExpectedAnswerTest, NamesThePlaceOfEachDifference) {
  EXPECT_THAT(Compare(R"({"order": "FUNNEL_ORDER_ORDERED", "hold_constant": ["x", "z"],
                          "steps": [{"actor_count": 3}, {"conversion_from_first": {"value": 0.4}}]})",
                      kAnswer),
              ElementsAre("hold_constant[1]: expected \"z\", got \"y\"",
                          "order: expected \"FUNNEL_ORDER_ORDERED\", got \"FUNNEL_ORDER_STRICT\"",
                          "steps[0].actor_count: expected 3, got 2",
                          "steps[1].conversion_from_first.value: expected 0.4, got 0.5"));
}

TEST(ExpectedAnswerTest, AMisspeltFieldNeverPasses) {
  EXPECT_THAT(Compare(R"({"conversoin": null})", kAnswer),
              ElementsAre("conversoin: GetFunnelResponse has no such field"));
  EXPECT_THAT(Compare(R"({"steps": [{"actorCount": 2}, {}]})", kAnswer),
              ElementsAre("steps[0].actorCount: FunnelStepResult has no such field"));
}

TEST(ExpectedAnswerTest, ListsHaveTheLengthExpected) {
  EXPECT_THAT(Compare(R"({"hold_constant": ["x"], "breakdown_rows": [{}, {}]})", kAnswer),
              ElementsAre("breakdown_rows: expected 2 elements, got 1: {\"value\":{\"none\":true}}",
                          "hold_constant: expected 1 elements, got 2: \"x\", \"y\""));
  EXPECT_THAT(Compare(R"({"hold_constant": null})", kAnswer),
              ElementsAre("hold_constant: expected null, got a list"));
}

TEST(ExpectedAnswerTest, NullIsAFieldThatIsNotThere) {
  EXPECT_THAT(Compare(R"({"window": null})", kAnswer), ElementsAre("window: expected nothing, got \"600s\""));
  EXPECT_THAT(Compare(R"({"complete": null})", kAnswer),
              ElementsAre("complete: expected nothing (but it is always there), got false"));
  EXPECT_THAT(Compare(R"({"conversion": {"value": 0}})", kAnswer),
              ElementsAre("conversion: expected {\"value\":0}, got nothing"));
  EXPECT_THAT(Compare(R"({"steps": [{"conversion_from_first": {"low": 0}}, {}]})", kAnswer),
              ElementsAre("steps[0].conversion_from_first.low: expected 0, got nothing"));
  EXPECT_THAT(Compare(R"({"breakdown_rows": [{"value": {"text": null, "none": null}}]})", kAnswer),
              ElementsAre("breakdown_rows[0].value.none: expected nothing, got true"));
}

TEST(ExpectedAnswerTest, NumbersMayDifferByABillionth) {
  EXPECT_THAT(Compare(R"({"conversion": {"value": 0.3333333333}})", "conversion { value: 0.33333333333333 }"),
              IsEmpty());
  EXPECT_THAT(Compare(R"({"conversion": {"value": 0.33333333}})", "conversion { value: 0.33333333333333 }"),
              ElementsAre("conversion.value: expected 0.33333333, got 0.33333333333333"));
  EXPECT_THAT(Compare(R"({"time_to_convert": {"mean_seconds": 86400000000.00001, "count": 2.0}})",
                      "time_to_convert { mean_seconds: 86400000000 count: 2 }"),
              IsEmpty());
}

TEST(ExpectedAnswerTest, TypesDoNotMix) {
  EXPECT_THAT(Compare(R"({"complete": 0})", kAnswer), ElementsAre("complete: expected 0, got false"));
  EXPECT_THAT(Compare(R"({"breakdown_value_count": "0"})", kAnswer),
              ElementsAre("breakdown_value_count: expected \"0\", got 0"));
  EXPECT_THAT(Compare(R"({"steps": {}})", kAnswer), ElementsAre("steps: expected {}, got a list"));
  EXPECT_THAT(Compare(R"({"window": "soon"})", kAnswer),
              ElementsAre("window: expected \"soon\" (no Duration), got \"600s\""));
}

TEST(ExpectedAnswerTest, TimesAndDurationsAreAsInJson) {
  EXPECT_THAT(
      Compare(R"({"scope": {"start_time": "2024-03-01T00:00:00+01:00"}, "window": "600.000s"})", kAnswer),
      IsEmpty());
  EXPECT_THAT(
      Compare(R"({"scope": {"start_time": "2024-03-01T00:00:00Z"}})", kAnswer),
      ElementsAre("scope.start_time: expected \"2024-03-01T00:00:00Z\", got \"2024-02-29T23:00:00Z\""));
}

}  // namespace
}  // namespace donut::testing
