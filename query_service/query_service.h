// The RPCs of query.proto, one line each: what they share is in metric_runner.h,
// what they differ in is metrics/<name>. Thread-safe.
#pragma once

#include "common/proto_alias.h"
#include "donut/analytics/v1/query.grpc.pb.h"
#include "query_service/metric_runner.h"

namespace donut::query {

class QueryServiceHandlers final : public v1::QueryService::Service {
 public:
  // The runner is the caller's and must outlive this.
  explicit QueryServiceHandlers(MetricRunner* runner) : runner_(*runner) {}

#define DONUT_RPC(rpc)                                                            \
  grpc::Status rpc(grpc::ServerContext* context, const v1::rpc##Request* request, \
                   v1::rpc##Response* response) override

  DONUT_RPC(GetActiveUsers);
  DONUT_RPC(GetConversionRate);
  DONUT_RPC(GetFunnel);
  DONUT_RPC(GetPipelineFunnel);
  DONUT_RPC(GetRetention);
  DONUT_RPC(GetFeatureUsage);
  DONUT_RPC(GetSummary);
  DONUT_RPC(ListEventNames);

#undef DONUT_RPC

 private:
  MetricRunner& runner_;
};

}  // namespace donut::query
