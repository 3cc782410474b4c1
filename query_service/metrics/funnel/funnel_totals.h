// What a row of a funnel's answer counts, actor by actor, and then times and histograms of it: the figures of
// funnel_totals.sql and funnel_histogram.sql to the last bit. Plain classes, not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "query_service/metrics/funnel/funnel_counts.h"
#include "query_service/metrics/funnel/funnel_question.h"

namespace donut::query {

class FunnelTotals {
 public:
  // `question` must outlive this.
  explicit FunnelTotals(const FunnelQuestion& question);

  // An actor with the times of its attempt, as many as its level.
  void Add(const int64_t* times_us, int level, bool is_open);

  bool empty() const { return counts_.steps[0].actors == 0; }
  // To be asked once, at the end.
  FunnelCounts Counts() &&;

 private:
  const FunnelQuestion& question_;
  FunnelCounts counts_;
  // By step, from 1: the time since the step before; 0: from the first to the last. In microseconds.
  std::vector<std::vector<int64_t>> laps_;
};

// The order of `laps_us` changes.
FunnelTimes FunnelTimesOf(const FunnelQuestion& question, std::vector<int64_t>& laps_us);

}  // namespace donut::query
