// Statistics of the durations of phases and runs, as PostgreSQL computes them (events/durations.h). No state;
// thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "query_service/metrics/pipeline_funnel/pipeline_funnel_counts.h"

namespace donut::query {

// Reorders them. None is negative.
PipelineDurations StatisticsOf(std::vector<int64_t>& durations);

}  // namespace donut::query
