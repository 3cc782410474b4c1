#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/render/funnel_actors.h"
#include "common/proto_time.h"
#include "tests/cli/funnel_sample.h"
#include "tests/cli/golden.h"

namespace donut::cli {
namespace {

using ::donut::testing::ExpectGolden;
using ::donut::testing::kNarrow;
using ::donut::testing::kWide;
using ::donut::testing::SampleScope;
using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kListedEntry =
    absl::FromCivil(absl::CivilSecond(2024, 2, 3, 18, 10, 5), absl::UTCTimeZone());

v1::ListFunnelActorsRequest FunnelActorsRequest() {
  v1::ListFunnelActorsRequest request;
  for (const char* name : {"visit", "signup", "purchase"})
    request.mutable_funnel()->add_steps()->add_event_names(name);
  request.set_reached_step(2);
  return request;
}

v1::ListFunnelActorsResponse FunnelActorsResponse() {
  v1::ListFunnelActorsResponse response;
  *response.mutable_scope() = SampleScope();
  response.set_total_size(300);
  v1::FunnelActor& ada = *response.add_actors();
  ada.set_user_id("ada");
  ada.set_level(3);
  for (const int minutes : {0, 5, 200})
    *ada.add_step_times() = ToProto(kListedEntry + absl::Minutes(minutes));
  v1::FunnelActor& bob = *response.add_actors();
  bob.set_user_id("bob, \x1b[31m");
  bob.set_level(2);
  bob.set_still_open(true);
  for (const int seconds : {0, 90})
    *bob.add_step_times() = ToProto(kListedEntry + absl::Milliseconds(seconds * 1001));
  return response;
}

TEST(FunnelActorsTextTest, LooksAsInTheGoldenFile) {
  ExpectGolden("funnel_actors.txt", FunnelActorsText(FunnelActorsRequest(), FunnelActorsResponse(), kNarrow));
}

TEST(FunnelActorsTextTest, NamesTheSession) {
  v1::ListFunnelActorsRequest request = FunnelActorsRequest();
  request.mutable_funnel()->set_actor(v1::ACTOR_SESSION);
  request.set_dropped_before_step(3);
  v1::ListFunnelActorsResponse response = FunnelActorsResponse();
  response.mutable_actors(0)->set_session_id("run-17");
  response.mutable_actors(1)->set_session_key(-42);
  const std::string text = FunnelActorsText(request, response, kNarrow);
  EXPECT_THAT(text, HasSubstr("DROPPED BEFORE STEP 3"));
  EXPECT_THAT(text, HasSubstr("300 sessions"));
  EXPECT_THAT(text, HasSubstr("run-17"));
  EXPECT_THAT(text, HasSubstr("-42"));
}

TEST(FunnelActorsTextTest, SaysNobody) {
  const std::string text = FunnelActorsText(FunnelActorsRequest(), {}, kNarrow);
  EXPECT_THAT(text, HasSubstr("Nobody."));
  EXPECT_THAT(text, Not(HasSubstr("shown")));
}

v1::ListFunnelActorsResponse ResponseByPlatform() {
  v1::ListFunnelActorsResponse response = FunnelActorsResponse();
  response.mutable_breakdown()->set_event_property("platform");
  response.set_attribution(v1::FUNNEL_ATTRIBUTION_FIRST_TOUCH);
  response.mutable_actors(0)->mutable_breakdown_value()->set_none(true);
  response.mutable_actors(1)->mutable_breakdown_value()->set_text("ios");
  response.mutable_actors(1)->set_in_other_row(true);
  return response;
}

TEST(FunnelActorsTextTest, ShowsTheRowOfEachOrTheOneThatAllAreIn) {
  v1::ListFunnelActorsResponse response = ResponseByPlatform();
  const std::string all = FunnelActorsText(FunnelActorsRequest(), response, kWide);
  EXPECT_THAT(all, HasSubstr("REACHED STEP 2 "));
  EXPECT_THAT(all, HasSubstr("first touch"));
  EXPECT_THAT(all, HasSubstr("  user        platform "));
  EXPECT_THAT(all, HasSubstr("  ada         (none) "));
  EXPECT_THAT(all, HasSubstr("ios (of all others)"));
  response.mutable_breakdown_value()->set_text("ios");
  const std::string one = FunnelActorsText(FunnelActorsRequest(), response, kWide);
  EXPECT_THAT(one, HasSubstr("REACHED STEP 2 OF platform = ios"));
  EXPECT_THAT(one, Not(HasSubstr("(of all others)")));
  response.mutable_breakdown_value()->set_other(true);
  EXPECT_THAT(FunnelActorsText(FunnelActorsRequest(), response, kWide),
              HasSubstr("REACHED STEP 2 OF platform = (all others)"));
}

TEST(FunnelActorsCsvTest, HasTheRowAndTheValue) {
  const std::string csv = FunnelActorsCsv(FunnelActorsRequest(), ResponseByPlatform());
  EXPECT_THAT(csv, HasSubstr("user_id,session_id,session_key,level,still_open,row,value,step_1_time,"));
  EXPECT_THAT(csv, HasSubstr("\r\nada,,,3,false,none,,2024-02-03T18:10:05Z,"));
  EXPECT_THAT(csv, HasSubstr(",,,2,true,other,ios,2024-02-03T18:10:05Z,"));
}

TEST(FunnelActorsCsvTest, HasAColumnPerStep) {
  EXPECT_EQ(FunnelActorsCsv(FunnelActorsRequest(), FunnelActorsResponse()),
            "user_id,session_id,session_key,level,still_open,step_1_time,step_2_time,step_3_time\r\n"
            "ada,,,3,false,2024-02-03T18:10:05Z,2024-02-03T18:15:05Z,2024-02-03T21:30:05Z\r\n"
            "\"bob, \x1b[31m\",,,2,true,2024-02-03T18:10:05Z,2024-02-03T18:11:35.09Z,\r\n");
}

}  // namespace
}  // namespace donut::cli
