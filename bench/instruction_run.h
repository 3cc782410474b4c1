// Instructions per event in client and collector, counted by callgrind: unlike times they come out nearly the
// same at each run and on a busy machine. Each is the difference of a long and a short run, so that what
// start and end cost is not in it. Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "bench/throwaway_cluster.h"

namespace donut::bench {

struct InstructionOptions {
  int64_t short_run = 10'000;  // events
  int64_t long_run = 40'000;
  bool loopback = false;
};

class InstructionRun {
 public:
  InstructionRun(InstructionOptions options, ThrowawayCluster* cluster);

  // Measures and prints; a remark instead when there is no valgrind.
  void Run();

 private:
  int64_t InCollector(int64_t events);
  // Of a program that tracks `events` to `address`; without an address, of making the events alone.
  int64_t InClient(int64_t events, const std::string& address);
  double PerEvent(int64_t short_run, int64_t long_run) const;
  // Where the next count goes, and what counts into it.
  std::vector<std::string> Callgrind();
  int64_t TotalOfLastCount() const;

  const InstructionOptions options_;
  ThrowawayCluster* const cluster_;
  int counts_ = 0;
};

}  // namespace donut::bench
