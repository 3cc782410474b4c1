// What Track costs its caller, in nanoseconds per call: an event of three properties, from
// 1, 8 and 32 threads, with no collector at all and with a queue that is full.
// Prints lines of: name value unit.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "donut/client.h"

namespace donut {
namespace {

constexpr int kCallsPerThread = 20'000;
// Nothing listens here: port 9 of loopback is the discard service, which Debian does not start.
constexpr char kNoCollector[] = "127.0.0.1:9";

int64_t Nanoseconds() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void TrackMany(Client& client, std::vector<int64_t>& costs) {
  costs.reserve(kCallsPerThread);
  for (int call = 0; call < kCallsPerThread; ++call) {
    const int64_t start = Nanoseconds();
    client.Track("report_exported", "ann@example.com", {{"format", "pdf"}, {"pages", 12}, {"seconds", 0.25}});
    costs.push_back(Nanoseconds() - start);
  }
}

void Measure(const std::string& name, size_t queue_bytes, int thread_count) {
  ClientOptions options;
  options.collector_address = kNoCollector;
  options.queue_bytes = queue_bytes;
  options.shutdown_timeout = absl::ZeroDuration();
  options.on_warning = [](const std::string&) {};
  const std::unique_ptr<Client> client = Client::Create(options).value();
  if (queue_bytes < (1 << 20)) {
    while (client->Track("fill", "ann", {})) continue;
  }
  std::vector<std::vector<int64_t>> costs(thread_count);
  std::vector<std::thread> threads;
  threads.reserve(thread_count);
  for (int i = 0; i < thread_count; ++i) threads.emplace_back([&, i] { TrackMany(*client, costs[i]); });
  for (std::thread& thread : threads) thread.join();

  std::vector<int64_t> all;
  for (const std::vector<int64_t>& some : costs) all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end());
  const auto print = [&](const char* quantile, double share) {
    const size_t place =
        std::min(all.size() - 1, static_cast<size_t>(share * static_cast<double>(all.size())));
    std::printf("%s\n",
                absl::StrCat("track_", name, "_", thread_count, "_threads_", quantile, " ", all[place], " ns")
                    .c_str());
  };
  print("p50", 0.5);
  print("p99", 0.99);
  print("p999", 0.999);
}

}  // namespace
}  // namespace donut

int main() {
  for (int threads : {1, 8, 32}) {
    donut::Measure("no_collector", 512 << 20, threads);
    donut::Measure("full_queue", 256 << 10, threads);
  }
  return 0;
}
