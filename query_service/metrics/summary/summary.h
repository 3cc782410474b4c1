// GetSummary: docs/metrics/summary.md. Made of the other metrics. No state; thread-safe.
#pragma once

#include <pqxx/pqxx>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/summary.pb.h"
#include "query_service/query_scope.h"

namespace donut::query {

inline constexpr int kSummaryPipelines = 5;
inline constexpr int kSummaryFeatures = 10;

absl::StatusOr<v1::GetSummaryResponse> Summary(const v1::GetSummaryRequest& request,
                                               const QueryContext& context,
                                               pqxx::transaction_base& transaction);

}  // namespace donut::query
