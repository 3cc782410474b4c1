// A funnel out of histories: the fold, over the events that the question is about, and its totals. No state;
// thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "query_service/engine.h"
#include "query_service/metrics/funnel/funnel_counts.h"
#include "query_service/metrics/funnel/funnel_question.h"

namespace donut::query {

// INVALID_ARGUMENT for a regular expression that PostgreSQL does not read.
absl::StatusOr<FunnelAnswer> FunnelByHistory(const FunnelQuestion& question, HistoryRun& run);

}  // namespace donut::query
