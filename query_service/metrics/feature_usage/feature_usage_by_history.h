// Feature usage out of histories: the fold, over the events of the interval, and the page of its features. No
// state; thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "query_service/engine.h"
#include "query_service/metrics/feature_usage/feature_usage_question.h"

namespace donut::query {

absl::StatusOr<FeatureUsageCounts> FeatureUsageByHistory(const FeatureUsageQuestion& question,
                                                         HistoryRun& run);

}  // namespace donut::query
