// Events per second, side by side: raw COPY and the whole way from Track to acknowledged, in turns, at
// several numbers of streams, with users that are new and users that are known; and the processor time per
// event of each process on the way. Checks by SQL that what was acknowledged is stored. Not thread-safe.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "bench/collector_process.h"
#include "bench/raw_copy.h"
#include "bench/throwaway_cluster.h"

namespace donut::bench {

struct ThroughputOptions {
  int64_t events = 600'000;  // per measurement
  int rounds = 5;
  std::vector<int> streams = {1, 4, 16};
};

class ThroughputRun {
 public:
  ThroughputRun(ThroughputOptions options, ThrowawayCluster* cluster, const CollectorProcess* collector);

  // Measures and prints.
  void Run();

  // Of known users on one stream; for what comes after.
  double events_per_second() const;

 private:
  // What one kind of measurement has gathered, a value per round.
  struct Series {
    std::vector<double> per_second;
    std::vector<double> client_us;  // processor time per event
    std::vector<double> collector_us;
    std::vector<double> postgres_us;
  };

  void Prepare();
  void MeasureCopy();
  void MeasureLoad(const std::string& name, int streams, const std::string& user_prefix);
  void Print() const;

  const ThroughputOptions options_;
  ThrowawayCluster* const cluster_;
  const CollectorProcess* const collector_;
  RawCopy copy_;
  double source_us_ = 0;
  Series copied_;
  std::vector<std::string> names_;  // in the order of measuring
  std::map<std::string, Series> loaded_;
};

}  // namespace donut::bench
