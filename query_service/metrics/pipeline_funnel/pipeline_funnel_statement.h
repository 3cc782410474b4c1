// The pipeline funnel by SQL: what defines it. No state.
#pragma once

#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "query_service/metrics/pipeline_funnel/pipeline_funnel_counts.h"
#include "query_service/query_scope.h"

namespace donut::query {

// The funnel of a pipeline ("": the one with the most runs) by its phases (none: the usual ones).
PipelineFunnelCounts AskPipelineFunnel(const QueryScope& scope, const std::string& pipeline,
                                       const std::vector<std::string>& phases,
                                       const PipelineFunnelLimits& limits,
                                       pqxx::transaction_base& transaction);

}  // namespace donut::query
