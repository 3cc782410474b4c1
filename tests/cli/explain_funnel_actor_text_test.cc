#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/render/explain_funnel_actor.h"
#include "common/proto_time.h"
#include "tests/cli/funnel_sample.h"
#include "tests/cli/golden.h"

namespace donut::cli {
namespace {

using ::donut::testing::ExpectGolden;
using ::donut::testing::kNarrow;
using ::donut::testing::SampleScope;
using ::donut::testing::WidestLine;
using ::testing::HasSubstr;

const absl::Time kExplainedEntry =
    absl::FromCivil(absl::CivilSecond(2024, 2, 3, 18, 10, 5), absl::UTCTimeZone());

v1::ExplainFunnelActorRequest ExplainRequest() {
  v1::ExplainFunnelActorRequest request;
  request.set_user_id("ada");
  request.mutable_funnel()->add_hold_constant("device");
  return request;
}

void AddEvent(absl::Duration after, const std::string& name, int step, v1::FunnelEventRole role,
              const std::string& explanation, v1::ExplainFunnelActorResponse& response) {
  v1::FunnelActorEvent& event = *response.add_events();
  *event.mutable_event_time() = ToProto(kExplainedEntry + after);
  event.set_name(name);
  if (step > 0) event.add_matched_steps(step);
  event.set_step(step);
  event.set_role(role);
  event.set_explanation(explanation);
  event.add_held_values("phone");
  if (role == v1::FUNNEL_EVENT_ROLE_TOO_LATE) *event.mutable_too_late_by() = ToProto(absl::Hours(2));
}

v1::ExplainFunnelActorResponse ExplainResponse() {
  v1::ExplainFunnelActorResponse response;
  *response.mutable_scope() = SampleScope();
  response.set_summary("reached step 2 of 3, signup; purchase came 2h too late");
  response.set_level(2);
  response.set_step_count(3);
  for (const int minutes : {0, 5})
    *response.add_step_times() = ToProto(kExplainedEntry + absl::Minutes(minutes));
  AddEvent(absl::ZeroDuration(), "visit", 1, v1::FUNNEL_EVENT_ROLE_ENTERED, "entered the funnel here",
           response);
  AddEvent(absl::Minutes(5), "signup", 2, v1::FUNNEL_EVENT_ROLE_ADVANCED, "step 2, 5 minutes after the entry",
           response);
  AddEvent(absl::Minutes(6), "refund", 0, v1::FUNNEL_EVENT_ROLE_EXCLUSION_WITHOUT_EFFECT, "", response);
  AddEvent(absl::Hours(14 * 24 + 2), "purchase", 3, v1::FUNNEL_EVENT_ROLE_TOO_LATE,
           "would have been step 3, but came 2 h after the window of 14 days had closed, which began with "
           "the visit "
           "of 2024-02-03 18:10:05",
           response);
  response.set_event_count(2'500);
  response.set_events_truncated(true);
  return response;
}

TEST(ExplainFunnelActorTextTest, LooksAsInTheGoldenFile) {
  ExpectGolden("explain_funnel_actor.txt",
               ExplainFunnelActorText(ExplainRequest(), ExplainResponse(), kNarrow));
}

TEST(ExplainFunnelActorTextTest, KeepsEveryWidth) {
  for (const int width : {40, 80, 120}) {
    EXPECT_LE(WidestLine(ExplainFunnelActorText(ExplainRequest(), ExplainResponse(),
                                                {.width = width, .colours = true})),
              width);
  }
}

TEST(ExplainFunnelActorTextTest, SaysWhenNothingMatches) {
  EXPECT_THAT(ExplainFunnelActorText(ExplainRequest(), {}, kNarrow),
              HasSubstr("None of this user's events matches"));
}

TEST(ExplainFunnelActorCsvTest, HasARowPerEvent) {
  const std::string csv = ExplainFunnelActorCsv(ExplainRequest(), ExplainResponse());
  EXPECT_THAT(
      csv, HasSubstr("event_time,name,matched_steps,role,step,too_late_by_seconds,explanation,held_device\r\n"
                     "2024-02-03T18:10:05Z,visit,1,ENTERED,1,,entered the funnel here,phone\r\n"));
  EXPECT_THAT(csv, HasSubstr(",TOO_LATE,3,7200,\"would have been step 3, but"));
  EXPECT_THAT(csv, HasSubstr("refund,,EXCLUSION_WITHOUT_EFFECT,,,,phone"));
}

}  // namespace
}  // namespace donut::cli
