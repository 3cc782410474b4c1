// What memory the collector takes with 1, 100 and 2,000 streams that all send as fast as they can, beside the
// bound that it states: a collector of its own for each, its resident memory less that of its idle start.
// Not thread-safe.
#pragma once

#include <vector>

#include "absl/time/time.h"
#include "bench/stream_crowd.h"
#include "bench/throwaway_cluster.h"

namespace donut::bench {

struct MemoryOptions {
  std::vector<int> streams = {1, 100, 2000};
  // For how long all of them send.
  absl::Duration duration = absl::Seconds(5);
  bool loopback = false;
};

class MemoryRun {
 public:
  MemoryRun(MemoryOptions options, ThrowawayCluster* cluster);

  // Measures and prints; a remark for a number of streams that needs more open files than allowed.
  void Run();

 private:
  void Measure(int streams);
  void CheckStored(const StreamCrowd::Result& load);

  const MemoryOptions options_;
  ThrowawayCluster* const cluster_;
};

}  // namespace donut::bench
