// bench-ingest: how fast events come in, how soon they are acknowledged, and what that costs. Client,
// collector and PostgreSQL are real, share this machine, and leave nothing behind.
// Prints lines of: name value unit.
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "bench/collector_process.h"
#include "bench/figures.h"
#include "bench/throughput_run.h"
#include "bench/throwaway_cluster.h"

ABSL_FLAG(int64_t, events, 600'000, "Events per measurement of throughput.");
ABSL_FLAG(int, rounds, 3, "Measurements of each kind, of which the median is printed.");
ABSL_FLAG(std::vector<std::string>, streams, (std::vector<std::string>{"1", "4", "16"}),
          "Numbers of streams to measure with.");
ABSL_FLAG(std::vector<std::string>, only, (std::vector<std::string>{"throughput"}), "The parts to run.");
ABSL_FLAG(bool, loopback, false, "Whether the collector listens on loopback and not on a unix socket.");

int main(int argc, char** argv) {
  using namespace donut::bench;
  absl::SetProgramUsageMessage("Measures ingest on a PostgreSQL of its own.");
  absl::ParseCommandLine(argc, argv);

  ThroughputOptions throughput{.events = absl::GetFlag(FLAGS_events), .rounds = absl::GetFlag(FLAGS_rounds)};
  throughput.streams.clear();
  for (const std::string& streams : absl::GetFlag(FLAGS_streams))
    throughput.streams.push_back(std::stoi(streams));

  ThrowawayCluster cluster;
  const CollectorProcess collector({.folder = cluster.folder(),
                                    .database_url = cluster.collected().collector_url(),
                                    .loopback = absl::GetFlag(FLAGS_loopback)});
  ThroughputRun(throughput, &cluster, &collector).Run();
  return 0;
}
