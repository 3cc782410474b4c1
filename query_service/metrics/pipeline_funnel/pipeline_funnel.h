// GetPipelineFunnel: docs/metrics/pipeline_funnel.md. No state; thread-safe.
#pragma once

#include <pqxx/pqxx>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/pipeline_funnel.pb.h"
#include "query_service/query_scope.h"

namespace donut::query {

inline constexpr int kMaxPipelinePhases = 50;
inline constexpr int kMaxPipelineFailures = 20;
inline constexpr int kMaxPipelines = 100;

absl::StatusOr<v1::GetPipelineFunnelResponse> PipelineFunnel(const v1::GetPipelineFunnelRequest& request,
                                                             const QueryContext& context,
                                                             pqxx::transaction_base& transaction);

}  // namespace donut::query
