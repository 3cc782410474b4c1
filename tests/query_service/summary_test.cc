#include "query_service/metrics/summary/summary.h"

#include <string>

#include "common/proto_time.h"
#include "query_service/metrics/active_users/active_users.h"
#include "query_service/metrics/feature_usage/feature_usage.h"
#include "query_service/metrics/pipeline_funnel/pipeline_funnel.h"
#include "query_service/metrics/retention/retention.h"
#include "tests/query_service/metric_test.h"
#include "tests/reference/pipeline_funnel.h"
#include "tests/reference/random_history.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class SummaryTest : public MetricTest {};

TEST_F(SummaryTest, EachPartIsWhatItsOwnRpcAnswers) {
  Dice dice(7);
  const RandomSetting setting{"Europe/Berlin", At("2024-03-31 01:00:00")};
  Load({MakeRandomHistory(dice, setting, {.most_events = 400}).events, MakeRandomAttempts(dice, setting)},
       setting.time_zone);
  context_.now = At("2024-04-03 12:00:00");
  v1::GetSummaryRequest request;
  request.mutable_scope()->mutable_interval()->set_start_date("2024-03-20");
  request.mutable_scope()->mutable_interval()->set_end_date("2024-04-05");
  ASSERT_OK_AND_ASSIGN(const v1::GetSummaryResponse summary, Ask(query::Summary, request));
  EXPECT_EQ(summary.scope().time_zone(), "Europe/Berlin");

  v1::GetActiveUsersRequest active_users;
  *active_users.mutable_scope() = request.scope();
  ASSERT_OK_AND_ASSIGN(const auto active, Ask(query::ActiveUsers, active_users));
  EXPECT_GT(active.active_count(), 0);
  EXPECT_EQ(summary.active_users().DebugString(), active.DebugString());

  active_users.mutable_scope()->clear_interval();
  active_users.set_date("2024-04-03");
  ASSERT_OK_AND_ASSIGN(const auto today, Ask(query::ActiveUsers, active_users));
  EXPECT_EQ(summary.today().DebugString(), today.buckets(0).DebugString());

  v1::GetRetentionRequest retention;
  *retention.mutable_scope() = request.scope();
  ASSERT_OK_AND_ASSIGN(const auto retained, Ask(query::Retention, retention));
  EXPECT_EQ(summary.retention().DebugString(), retained.DebugString());

  v1::GetFeatureUsageRequest usage;
  *usage.mutable_scope() = request.scope();
  usage.set_page_size(query::kSummaryFeatures);
  ASSERT_OK_AND_ASSIGN(const auto used, Ask(query::FeatureUsage, usage));
  EXPECT_EQ(summary.feature_usage().DebugString(), used.DebugString());
  int64_t events = 0;
  for (const auto& feature : used.features()) events += feature.use_count();
  EXPECT_EQ(summary.event_count(), events);

  ASSERT_GT(summary.pipeline_funnels_size(), 0);
  for (const auto& funnel : summary.pipeline_funnels()) {
    v1::GetPipelineFunnelRequest pipeline;
    *pipeline.mutable_scope() = request.scope();
    pipeline.set_pipeline(funnel.pipeline());
    ASSERT_OK_AND_ASSIGN(const auto runs, Ask(query::PipelineFunnel, pipeline));
    EXPECT_EQ(funnel.DebugString(), runs.DebugString());
  }
}

TEST_F(SummaryTest, TodayIsTheWholeDayAlsoWhenTheIntervalCutsIt) {
  Dice dice(8);
  const RandomSetting setting{"UTC", At("2024-03-31 01:00:00")};
  Load({MakeRandomHistory(dice, setting, {.most_events = 400}).events, {}}, setting.time_zone);
  context_.now = At("2024-03-31 20:00:00");
  v1::GetActiveUsersRequest active_users;
  active_users.set_date("2024-03-31");
  ASSERT_OK_AND_ASSIGN(const auto today, Ask(query::ActiveUsers, active_users));
  ASSERT_GT(today.active_count(), 0);
  for (const auto& [start, end] : {std::pair("2024-03-31 05:00:00", "2024-04-02 00:00:00"),
                                   std::pair("2024-03-20 00:00:00", "2024-03-31 05:00:00")}) {
    v1::GetSummaryRequest request;
    *request.mutable_scope()->mutable_interval()->mutable_start_time() = ToProto(At(start));
    *request.mutable_scope()->mutable_interval()->mutable_end_time() = ToProto(At(end));
    ASSERT_OK_AND_ASSIGN(const v1::GetSummaryResponse summary, Ask(query::Summary, request));
    EXPECT_EQ(summary.today().DebugString(), today.buckets(0).DebugString()) << start;
  }
}

TEST_F(SummaryTest, ProjectWithoutEventsIsAllZeros) {
  Load({});
  ASSERT_OK_AND_ASSIGN(const v1::GetSummaryResponse summary, Ask(query::Summary, v1::GetSummaryRequest()));
  EXPECT_EQ(summary.event_count(), 0);
  EXPECT_THAT(summary.active_users().buckets(), SizeIs(30));
  EXPECT_THAT(summary.pipeline_funnels(), SizeIs(0));
  EXPECT_EQ(summary.today().bucket().label(), "2024-06-15");
}

TEST_F(SummaryTest, RefusesWithFieldAndRule) {
  v1::GetSummaryRequest request;
  request.mutable_scope()->set_time_zone("Mars/Olympus");
  EXPECT_THAT(
      Ask(query::Summary, request),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("scope.time_zone: must be a name of the IANA")));
}

}  // namespace
}  // namespace donut::testing
