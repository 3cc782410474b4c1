// Feature usage as PostgreSQL counts it: feature_usage.sql. No state; thread-safe.
#pragma once

#include <pqxx/pqxx>

#include "absl/status/statusor.h"
#include "query_service/metrics/feature_usage/feature_usage_question.h"

namespace donut::query {

absl::StatusOr<FeatureUsageCounts> FeatureUsageBySql(const FeatureUsageQuestion& question,
                                                     pqxx::transaction_base& transaction);

}  // namespace donut::query
