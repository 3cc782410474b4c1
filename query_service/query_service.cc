#include "query_service/query_service.h"

#include "query_service/metrics/active_users.h"
#include "query_service/metrics/conversion_rate.h"
#include "query_service/metrics/event_names.h"
#include "query_service/metrics/feature_usage.h"
#include "query_service/metrics/funnel.h"
#include "query_service/metrics/pipeline_funnel.h"
#include "query_service/metrics/retention.h"
#include "query_service/metrics/summary.h"

namespace donut::query {

#define DONUT_RPC(rpc, metric)                                                                          \
  grpc::Status QueryServiceHandlers::rpc(grpc::ServerContext* context, const v1::rpc##Request* request, \
                                         v1::rpc##Response* response) {                                 \
    return runner_.Run(context, request, response, metric);                                             \
  }

DONUT_RPC(GetActiveUsers, ActiveUsers)
DONUT_RPC(GetConversionRate, ConversionRate)
DONUT_RPC(GetFunnel, Funnel)
DONUT_RPC(GetPipelineFunnel, PipelineFunnel)
DONUT_RPC(GetRetention, Retention)
DONUT_RPC(GetFeatureUsage, FeatureUsage)
DONUT_RPC(GetSummary, Summary)
DONUT_RPC(ListEventNames, EventNames)

#undef DONUT_RPC

}  // namespace donut::query
