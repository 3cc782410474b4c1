// What a compactor counts, and under which names it is shown. docs/prometheus.md tells what each one means.
// Counted by the loop's thread, read by any: thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/metric_page.h"
#include "common/metric_values.h"
#include "compactor/compact.h"

namespace donut::compactor {

// What all histories are, as of the last look.
struct Stock {
  int64_t blocks = 0;
  int64_t slices = 0;
  int64_t events = 0;
  int64_t bytes = 0;
  int64_t most_slices = 0;  // of one project's month
};

class CompactorMetrics {
 public:
  void Count(const CompactReport& report);
  void CountFailure() { failures_.Add(); }
  void Set(const Stock& stock);
  void SetAtWork(bool is_at_work) { at_work_ = is_at_work ? 1 : 0; }

  void AddTo(MetricPage& page) const;
  // One line, for the end of the compactor.
  void LogTotals() const;

 private:
  struct Step {
    Counter steps;
    Counter events;
    Counter bytes;

    void Add(int64_t count, const Written& written);
  };
  Step packed_;
  Step merged_;
  Step rebuilt_;
  Counter rows_packed_;
  Counter partitions_forgotten_;
  Counter conflicts_;
  Counter failures_;

  std::atomic<int64_t> at_work_ = 0;
  std::atomic<int64_t> waiting_rows_ = 0;
  std::atomic<int64_t> waiting_events_ = 0;
  std::atomic<double> oldest_seconds_ = 0;
  std::atomic<int64_t> partitions_by_sql_ = 0;
  std::atomic<int64_t> blocks_ = 0;
  std::atomic<int64_t> slices_ = 0;
  std::atomic<int64_t> block_events_ = 0;
  std::atomic<int64_t> bytes_ = 0;
  std::atomic<int64_t> most_slices_ = 0;
};

}  // namespace donut::compactor
