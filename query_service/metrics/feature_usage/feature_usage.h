// GetFeatureUsage: docs/metrics/feature_usage.md. No state; thread-safe.
#pragma once

#include <pqxx/pqxx>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/feature_usage.pb.h"
#include "query_service/query_scope.h"

namespace donut::query {

inline constexpr int kDefaultFeaturePageSize = 50;
inline constexpr int kMaxFeaturePageSize = 1'000;

absl::StatusOr<v1::GetFeatureUsageResponse> FeatureUsage(const v1::GetFeatureUsageRequest& request,
                                                         const QueryContext& context,
                                                         pqxx::transaction_base& transaction);

}  // namespace donut::query
