#include "query_service/metrics/pipeline_funnel/pipeline_durations.h"

#include <algorithm>

#include "query_service/events/durations.h"

namespace donut::query {

PipelineDurations StatisticsOf(std::vector<int64_t>& durations) {
  PipelineDurations statistics;
  if (durations.empty()) return statistics;
  __int128 sum = 0;
  for (const int64_t duration : durations) sum += duration;
  const auto [shortest, longest] = std::minmax_element(durations.begin(), durations.end());
  statistics.min = static_cast<double>(*shortest);
  statistics.max = static_cast<double>(*longest);
  statistics.count = static_cast<int64_t>(durations.size());
  statistics.mean = NumericMean(sum, statistics.count);
  const std::vector<double> percentiles = PercentilesCont({0.5, 0.9, 0.99}, durations);
  statistics.median = percentiles[0];
  statistics.p90 = percentiles[1];
  statistics.p99 = percentiles[2];
  return statistics;
}

}  // namespace donut::query
