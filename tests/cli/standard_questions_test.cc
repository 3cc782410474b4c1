#include "cli/standard_questions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/pipeline_events.h"

namespace donut::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kVerifiedAt = absl::FromCivil(absl::CivilHour(2024, 3, 10, 12), absl::UTCTimeZone());

v1::GetFeatureUsageResponse UsageOf(const std::vector<std::string>& names) {
  v1::GetFeatureUsageResponse usage;
  for (const std::string& name : names) usage.add_features()->set_feature(name);
  return usage;
}

TEST(StandardQuestionsTest, AreOfOneDayWhereItIsNamed) {
  const auto scope = ToVerifiedScope({.day = "2024-02-29"}, kVerifiedAt);
  ASSERT_TRUE(scope.ok()) << scope.status();
  EXPECT_EQ(scope->interval().start_date(), "2024-02-29");
  EXPECT_EQ(scope->interval().end_date(), "2024-03-01");
}

TEST(StandardQuestionsTest, AllSeeTheSameEvents) {
  EXPECT_EQ(ToVerifiedScope({}, kVerifiedAt)->as_of_time().seconds(), absl::ToUnixSeconds(kVerifiedAt));
  const auto asked = ToVerifiedScope({.as_of = "2024-01-01T00:00:00Z"}, kVerifiedAt);
  ASSERT_TRUE(asked.ok()) << asked.status();
  EXPECT_EQ(asked->as_of_time().seconds(), 1'704'067'200);
}

TEST(StandardQuestionsTest, RefuseADayBesideOtherDays) {
  for (const VerifiedDays& days :
       {VerifiedDays{.day = "2024-02-29", .start = "2024-02-01"},
        VerifiedDays{.day = "2024-02-29", .end = "2024-02-01"}, VerifiedDays{.day = "2024-02-30"}}) {
    EXPECT_THAT(std::string(ToVerifiedScope(days, kVerifiedAt).status().message()), HasSubstr("--day"));
  }
}

TEST(StandardQuestionsTest, AreAboutTheMostUsedEventsButNotHowRunsAreTold) {
  EXPECT_THAT(MostUsedNames(UsageOf({"open", kPipelineRunStarted, "buy", "share", "leave"})),
              ElementsAre("open", "buy", "share"));
  EXPECT_THAT(MostUsedNames(UsageOf({})), IsEmpty());
}

TEST(StandardQuestionsTest, FollowTheEventsThroughEveryKindOfFunnel) {
  const v1::Scope scope = *ToVerifiedScope({.day = "2024-02-29"}, kVerifiedAt);
  const StandardQuestions questions = QuestionsAbout(scope, {"open", "buy", "share"});
  ASSERT_TRUE(questions.funnel.has_value());
  EXPECT_EQ(questions.funnel->steps_size(), 3);
  EXPECT_EQ(questions.funnel->steps(2).event_names(0), "share");
  EXPECT_EQ(questions.strict_funnel->order(), v1::FUNNEL_ORDER_STRICT);
  EXPECT_EQ(questions.unordered_funnel->order(), v1::FUNNEL_ORDER_UNORDERED);
  EXPECT_EQ(questions.funnel_actors->reached_step(), 3);
  EXPECT_EQ(questions.conversion_rate->from().event_names(0), "open");
  EXPECT_EQ(questions.conversion_rate->to().event_names(0), "share");
  for (const v1::Scope& one :
       {questions.active_users.scope(), questions.active_sessions.scope(), questions.feature_usage.scope(),
        questions.retention.scope(), questions.recurring_retention.scope(), questions.summary.scope(),
        questions.funnel->scope(), questions.conversion_rate->scope(),
        questions.funnel_actors->funnel().scope()}) {
    EXPECT_EQ(one.SerializeAsString(), scope.SerializeAsString());
  }
}

TEST(StandardQuestionsTest, HaveNoFunnelOfLessThanTwoEvents) {
  const StandardQuestions questions = QuestionsAbout(v1::Scope(), {"open"});
  EXPECT_FALSE(questions.funnel.has_value());
  EXPECT_FALSE(questions.conversion_rate.has_value());
}

}  // namespace
}  // namespace donut::cli
