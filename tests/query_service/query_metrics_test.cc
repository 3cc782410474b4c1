#include "query_service/query_metrics.h"

#include "donut/analytics/v1/query.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"

namespace donut::query {
namespace {

MetricPage PageOf(const QueryMetrics& metrics) {
  MetricPage page;
  metrics.AddTo(page, 8);
  return page;
}

TEST(QueryMetricsTest, HasEveryRpcFromTheStart) {
  const MetricPage page = PageOf(QueryMetrics());
  const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      "donut.analytics.v1.QueryService");
  ASSERT_NE(service, nullptr);
  for (int i = 0; i < service->method_count(); ++i) {
    const std::string& rpc = service->method(i)->name();
    EXPECT_EQ(page.Find("donut_query_requests_total", {{"rpc", rpc}, {"code", "OK"}}), 0) << rpc;
    EXPECT_EQ(page.Find("donut_query_request_duration_seconds", {{"rpc", rpc}}), 0) << rpc;
  }
}

TEST(QueryMetricsTest, FindsTheRpcByTheNameOfItsRequest) {
  QueryMetrics metrics;
  metrics.OfRequest("GetFunnelRequest").codes.Add(0);
  EXPECT_EQ(PageOf(metrics).Find("donut_query_requests_total", {{"rpc", "GetFunnel"}, {"code", "OK"}}), 1);
}

TEST(QueryMetricsTest, TakesNoNameThatItDoesNotKnow) {
  QueryMetrics metrics;
  metrics.OfRequest("MadeUpRequest").codes.Add(0);
  const MetricPage page = PageOf(metrics);
  EXPECT_EQ(page.Find("donut_query_requests_total", {{"rpc", "MadeUp"}, {"code", "OK"}}), std::nullopt);
}

TEST(QueryMetricsTest, NamesTheKindsOfErrors) {
  QueryMetrics metrics;
  metrics.Count(DatabaseError::kConflict);
  const MetricPage page = PageOf(metrics);
  EXPECT_EQ(page.Find("donut_query_database_errors_total", {{"kind", "conflict"}}), 1);
  for (const char* kind : {"away", "timeout", "other"}) {
    EXPECT_EQ(page.Find("donut_query_database_errors_total", {{"kind", kind}}), 0) << kind;
  }
}

}  // namespace
}  // namespace donut::query
