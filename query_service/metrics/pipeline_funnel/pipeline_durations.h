// Statistics of durations as PostgreSQL computes them, to the last bit: avg(bigint)::float8 and
// percentile_cont. No state; thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "query_service/metrics/pipeline_funnel/pipeline_funnel_counts.h"

namespace donut::query {

// numeric's sum / count as double precision. sum >= 0, count > 0.
double NumericMean(__int128 sum, int64_t count);

// Reorders them. None is negative.
PipelineDurations StatisticsOf(std::vector<int64_t>& durations);

}  // namespace donut::query
