// bench-ingest: how fast events come in, how soon they are acknowledged, and what that costs. Client,
// collector and PostgreSQL are real, share this machine, and leave nothing behind.
// Prints lines of: name value unit.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "bench/collector_process.h"
#include "bench/command_line.h"
#include "bench/figures.h"
#include "bench/instruction_run.h"
#include "bench/latency_run.h"
#include "bench/machine.h"
#include "bench/memory_run.h"
#include "bench/throughput_run.h"
#include "bench/throwaway_cluster.h"

ABSL_FLAG(bool, quick, false, "Shorter and coarser: to see that it works.");
ABSL_FLAG(
    std::vector<std::string>, only, (std::vector<std::string>{}),
    "Parts to run, all by default: throughput, latency, instructions, memory. Latency needs throughput, "
    "and measures it briefly.");
ABSL_FLAG(int64_t, events, 0, "Events per measurement of throughput; 0: 600,000, or 100,000 when quick.");
ABSL_FLAG(int, rounds, 0,
          "Measurements of each kind, of which the median is printed; 0: 5, or 1 when quick.");
ABSL_FLAG(std::vector<std::string>, streams, (std::vector<std::string>{"1", "4", "16"}),
          "Numbers of streams to measure throughput with.");
ABSL_FLAG(bool, loopback, false, "Collectors listen on loopback and not on unix sockets.");

namespace donut::bench {
namespace {

const std::vector<std::string>& Parts() {
  static const std::vector<std::string> parts = {"throughput", "latency", "instructions", "memory"};
  return parts;
}

bool IsWanted(const std::string& part) {
  const std::vector<std::string> only = absl::GetFlag(FLAGS_only);
  return only.empty() || std::find(only.begin(), only.end(), part) != only.end();
}

void CheckFlags() {
  for (const std::string& part : absl::GetFlag(FLAGS_only)) {
    if (std::find(Parts().begin(), Parts().end(), part) == Parts().end()) {
      Fail(absl::StrCat("--only: there is no part \"", part, "\", there are ", absl::StrJoin(Parts(), ", ")));
    }
  }
}

ThroughputOptions ThroughputFromFlags(bool quick) {
  ThroughputOptions options;
  if (quick) options.rounds = 1;
  if (quick) options.events = 100'000;
  if (absl::GetFlag(FLAGS_rounds) > 0) options.rounds = absl::GetFlag(FLAGS_rounds);
  if (absl::GetFlag(FLAGS_events) > 0) options.events = absl::GetFlag(FLAGS_events);
  options.streams.clear();
  for (const std::string& text : absl::GetFlag(FLAGS_streams)) {
    int streams = 0;
    if (!absl::SimpleAtoi(text, &streams) || streams < 1) {
      Fail("--streams: must be whole numbers from 1, such as 1,4,16");
    }
    options.streams.push_back(streams);
  }
  return options;
}

// Throughput, and latency at shares of it, on one collector.
void MeasureThroughputAndLatency(ThrowawayCluster& cluster, ThroughputOptions options, bool quick) {
  if (!IsWanted("throughput")) {
    options.rounds = 1;
    options.streams = {1};
  }
  const CollectorProcess collector({.folder = cluster.folder(),
                                    .database_url = cluster.collected().collector_url(),
                                    .loopback = absl::GetFlag(FLAGS_loopback)});
  ThroughputRun throughput(options, &cluster, &collector);
  throughput.Run();
  if (!IsWanted("latency")) return;
  const EventSource known(kKnownUsers, options.events);
  LatencyOptions latency{.collector_address = collector.address()};
  if (quick) latency.duration = absl::Seconds(2);
  LatencyRun run(latency, &known);
  PrintFigure("ingest_latency_linger", absl::ToDoubleMilliseconds(latency.linger), "ms");
  for (const double share : {0.01, 0.5, 0.9}) {
    ThrowawayCluster::Clear(cluster.collected());
    run.Run(throughput.events_per_second(), share);
  }
}

void MeasureInstructions(ThrowawayCluster& cluster, bool quick) {
  InstructionOptions options{.loopback = absl::GetFlag(FLAGS_loopback)};
  if (quick) options.short_run = 5'000;
  if (quick) options.long_run = 15'000;
  InstructionRun(options, &cluster).Run();
}

void MeasureMemory(ThrowawayCluster& cluster, bool quick) {
  MemoryOptions options{.loopback = absl::GetFlag(FLAGS_loopback)};
  if (quick) options.duration = absl::Seconds(1);
  if (quick) options.streams = {1, 100, 500};
  MemoryRun(options, &cluster).Run();
}

void Measure() {
  const bool quick = absl::GetFlag(FLAGS_quick);
  CheckFlags();
  const ThroughputOptions throughput = ThroughputFromFlags(quick);
  ShowProgress("starting PostgreSQL");
  ThrowawayCluster cluster;
  PrintMachine(cluster.folder());
  PrintRemark(absl::StrCat("machine_postgresql ", cluster.collected().Query("SHOW server_version")));
  PrintRemark(absl::StrCat("collector on ", absl::GetFlag(FLAGS_loopback) ? "loopback" : "a unix socket"));
  if (IsWanted("throughput") || IsWanted("latency")) MeasureThroughputAndLatency(cluster, throughput, quick);
  if (IsWanted("instructions")) MeasureInstructions(cluster, quick);
  if (IsWanted("memory")) MeasureMemory(cluster, quick);
}

}  // namespace
}  // namespace donut::bench

int main(int argc, char** argv) {
  donut::bench::ReadCommandLine(argc, argv, "Measures ingest on a collector and a PostgreSQL of its own.");
  donut::bench::Measure();
  return 0;
}
