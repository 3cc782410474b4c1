// bench-track: what Track costs its caller, in nanoseconds per call: an event of three properties, from 1, 8
// and 32 threads at once, with a collector that keeps up, with a full queue, and with no collector at all.
// Each call is timed alone, so its figure includes reading the clock, which is printed too. Prints lines of:
// name value unit.
#include <algorithm>
#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "bench/collector_process.h"
#include "bench/command_line.h"
#include "bench/figures.h"
#include "bench/machine.h"
#include "bench/pacer.h"
#include "bench/throwaway_cluster.h"
#include "donut/client.h"

ABSL_FLAG(bool, quick, false, "Fewer rounds: to see that it works.");

namespace donut::bench {
namespace {

constexpr int kRounds = 5;
constexpr int kQuickRounds = 1;
// All threads together: long enough for them to meet, few enough to fit into the queue.
constexpr int kCallsPerRound = 640'000;
constexpr size_t kQueueBytes = 256 << 20;
constexpr absl::Duration kFlushLimit = absl::Minutes(1);
// Nothing listens here: port 9 of loopback is the discard service, which Debian does not start.
constexpr char kNoCollector[] = "127.0.0.1:9";

using Durations = std::vector<int64_t>;

TrackResult TrackOne(Client& client) {
  return client.Track("report_exported", "ann@example.com",
                      {{"format", "pdf"}, {"pages", 12}, {"seconds", 0.25}},
                      {.session_id = "0b9c1f58-6d34-4a5e"});
}

void TrackMany(Client& client, TrackOutcome expected, std::latch& start, Durations& durations) {
  start.arrive_and_wait();
  for (int64_t& duration : durations) {
    const int64_t before = SteadyNanoseconds();
    const TrackResult result = TrackOne(client);
    duration = SteadyNanoseconds() - before;
    if (result.outcome() != expected) Fail(absl::StrCat("Track: unexpected outcome: ", result.problem()));
  }
}

// One round: the durations of kCallsPerRound calls from that many threads.
Durations TimeCalls(Client& client, TrackOutcome expected, int thread_count) {
  std::vector<Durations> durations(thread_count, Durations(kCallsPerRound / thread_count));
  std::latch start(thread_count);
  std::vector<std::thread> threads;
  threads.reserve(thread_count);
  for (int i = 0; i < thread_count; ++i) {
    threads.emplace_back([&, i] { TrackMany(client, expected, start, durations[i]); });
  }
  for (std::thread& thread : threads) thread.join();
  Durations all;
  for (const Durations& some : durations) all.insert(all.end(), some.begin(), some.end());
  return all;
}

std::unique_ptr<Client> MakeClient(const std::string& address) {
  ClientOptions options;
  options.collector_address = address;
  options.api_key.clear();
  options.queue_bytes = kQueueBytes;
  options.shutdown_timeout = absl::ZeroDuration();
  options.on_warning = [](const std::string&) {};
  auto client = Client::Create(options);
  if (!client.ok()) Fail(client.status().ToString());
  return *std::move(client);
}

// Connected and warm.
void Prepare(Client& client) {
  TrackOne(client);
  if (!client.Flush(kFlushLimit)) Fail("the collector does not answer");
}

void Fill(Client& client) {
  while (TrackOne(client)) continue;
}

void PrintQuantiles(const std::string& name, Durations durations) {
  std::sort(durations.begin(), durations.end());
  PrintFigure(name + "_p50", static_cast<double>(Quantile(durations, 0.5)), "ns");
  PrintFigure(name + "_p99", static_cast<double>(Quantile(durations, 0.99)), "ns");
  PrintFigure(name + "_p999", static_cast<double>(Quantile(durations, 0.999)), "ns");
}

// What a situation needs: where the client connects, what is done with it first, what Track then says.
struct Situation {
  std::string name;
  std::string address;
  std::function<void(Client&)> prepare;
  TrackOutcome expected = TrackOutcome::kTaken;
};

void Measure(const Situation& situation, int threads, int rounds) {
  Durations all;
  for (int round = 0; round < rounds; ++round) {
    const std::unique_ptr<Client> client = MakeClient(situation.address);
    situation.prepare(*client);
    const Durations durations = TimeCalls(*client, situation.expected, threads);
    all.insert(all.end(), durations.begin(), durations.end());
    // So that the next round finds an idle collector.
    if (client->counters().connected && !client->Flush(kFlushLimit)) Fail("the collector does not keep up");
  }
  PrintQuantiles(absl::StrCat("track_", situation.name, "_", threads, threads == 1 ? "_thread" : "_threads"),
                 std::move(all));
}

void PrintClockOverhead() {
  Durations durations(kCallsPerRound);
  for (int64_t& duration : durations) {
    const int64_t before = SteadyNanoseconds();
    duration = SteadyNanoseconds() - before;
  }
  PrintQuantiles("clock_overhead", std::move(durations));
}

void MeasureAll(int rounds) {
  ThrowawayCluster cluster;
  const CollectorProcess collector(
      {.folder = cluster.folder(), .database_url = cluster.collected().collector_url()});
  const auto nothing = [](Client&) {};
  const Situation situations[] = {
      {.name = "healthy", .address = collector.address(), .prepare = Prepare},
      {.name = "full_queue", .address = kNoCollector, .prepare = Fill, .expected = TrackOutcome::kQueueFull},
      {.name = "no_collector", .address = kNoCollector, .prepare = nothing},
  };
  PrintMachine(cluster.folder());
  PrintRemark(absl::StrCat(rounds, " rounds of ", kCallsPerRound, " calls, all threads together; queue of ",
                           kQueueBytes >> 20, " MiB"));
  PrintClockOverhead();
  for (const Situation& situation : situations) {
    for (const int threads : {1, 8, 32}) {
      ShowProgress(absl::StrCat("track: ", situation.name, ", ", threads, " thread(s)"));
      Measure(situation, threads, rounds);
    }
  }
}

}  // namespace
}  // namespace donut::bench

int main(int argc, char** argv) {
  using namespace donut::bench;
  ReadCommandLine(argc, argv, "Measures what Track costs its caller.");
  MeasureAll(absl::GetFlag(FLAGS_quick) ? kQuickRounds : kRounds);
  return 0;
}
