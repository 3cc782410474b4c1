#include "query_service/query_service.h"

#include "absl/strings/str_cat.h"
#include "common/grpc_unreadable_request.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/query.grpc.pb.h"
#include "query_service/event_filter.h"
#include "query_service/metrics/active_users/active_users.h"
#include "query_service/metrics/conversion_rate/conversion_rate.h"
#include "query_service/metrics/event_names/event_names.h"
#include "query_service/metrics/feature_usage/feature_usage.h"
#include "query_service/metrics/funnel/explain_funnel_actor.h"
#include "query_service/metrics/funnel/funnel.h"
#include "query_service/metrics/funnel/funnel_actors.h"
#include "query_service/metrics/pipeline_funnel/pipeline_funnel.h"
#include "query_service/metrics/retention/retention.h"
#include "query_service/metrics/retention/retention_actors.h"
#include "query_service/metrics/summary/summary.h"

namespace donut::query {
namespace {

// One RPC: a metric run for its request.
#define DONUT_RPC(rpc, metric)                                                    \
  grpc::Status rpc(grpc::ServerContext* context, const v1::rpc##Request* request, \
                   v1::rpc##Response* response) override {                        \
    return runner_.Run(context, request, response, query::metric);                \
  }

class QueryServiceHandlers final : public v1::QueryService::Service {
 public:
  explicit QueryServiceHandlers(MetricRunner* runner) : runner_(*runner) {}

  DONUT_RPC(GetActiveUsers, ActiveUsers)
  DONUT_RPC(GetConversionRate, ConversionRate)
  DONUT_RPC(GetFunnel, Funnel)
  DONUT_RPC(ListFunnelActors, FunnelActors)
  DONUT_RPC(ExplainFunnelActor, ExplainFunnelActor)
  DONUT_RPC(GetPipelineFunnel, PipelineFunnel)
  DONUT_RPC(GetRetention, Retention)
  DONUT_RPC(ListRetentionActors, RetentionActors)
  DONUT_RPC(GetFeatureUsage, FeatureUsage)
  DONUT_RPC(GetSummary, Summary)
  DONUT_RPC(ListEventNames, EventNames)

 private:
  MetricRunner& runner_;
};

#undef DONUT_RPC

}  // namespace

std::unique_ptr<grpc::Service> MakeQueryService(MetricRunner* runner) {
  return std::make_unique<QueryServiceHandlers>(runner);
}

void ConfigureQueryServer(grpc::ServerBuilder& builder) {
  AnswerUnreadableRequests(
      builder,
      absl::StrCat("the request cannot be read: it is no message of this RPC, or nested beyond the 100 "
                   "levels that protobuf reads; filters (scope.filter and the like) must not be nested "
                   "more than ",
                   kMaxFilterDepth, " deep"));
}

}  // namespace donut::query
