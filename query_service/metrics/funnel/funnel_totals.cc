#include "query_service/metrics/funnel/funnel_totals.h"

#include <utility>

#include "query_service/events/durations.h"
#include "query_service/metrics/funnel/funnel_histogram.h"

namespace donut::query {

FunnelTotals::FunnelTotals(const FunnelQuestion& question)
    : question_(question), laps_(question.steps.size() + 1) {
  counts_.steps.resize(question.steps.size());
}

void FunnelTotals::Add(const int64_t* times_us, int level, bool is_open) {
  ++counts_.steps[0].actors;
  for (size_t step = 1; step < static_cast<size_t>(level); ++step) {
    ++counts_.steps[step].actors;
    laps_[step + 1].push_back(times_us[step] - times_us[step - 1]);
  }
  if (level == question_.step_count()) laps_[0].push_back(times_us[level - 1] - times_us[0]);
  if (is_open) ++counts_.actors_still_open;
}

FunnelCounts FunnelTotals::Counts() && {
  if (question_.step_count() > 1) counts_.to_convert = FunnelTimesOf(question_, laps_[0]);
  for (size_t step = 1; step < counts_.steps.size(); ++step) {
    counts_.steps[step].from_previous = FunnelTimesOf(question_, laps_[step + 1]);
  }
  return std::move(counts_);
}

FunnelTimes FunnelTimesOf(const FunnelQuestion& question, std::vector<int64_t>& laps_us) {
  FunnelTimes times;
  times.statistics = DurationStatisticsOf(laps_us);
  if (question.histogram && times.statistics) {
    times.histogram = ToBins(*question.histogram, CountInBins(*question.histogram, laps_us));
  }
  return times;
}

}  // namespace donut::query
