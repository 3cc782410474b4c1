#include "bench/latency_run.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/figures.h"
#include "bench/pacer.h"
#include "donut/client.h"

namespace donut::bench {
namespace {

constexpr absl::Duration kFlushLimit = absl::Minutes(1);
// Events that are due within it are tracked together.
constexpr int64_t kTickNanoseconds = 200'000;
// Before the first event, for the stream to be open and everything warm.
constexpr int64_t kWarmUpEvents = 10'000;

// When each event is due.
struct Schedule {
  int64_t DueAt(int64_t index) const {
    return start + static_cast<int64_t>(nanoseconds_each * static_cast<double>(index));
  }
  int64_t start = 0;
  double nanoseconds_each = 0;
};

// Takes the time of each event from its due moment: with one stream they are acknowledged in the order of
// their tracking. Used by the client's thread; by others before the first event and after the client's end.
class Stopwatch {
 public:
  explicit Stopwatch(int64_t events) { latencies_.reserve(events); }
  void Start(const Schedule& schedule) { schedule_ = schedule; }
  void OnAcknowledged(int64_t count) {
    const int64_t now = SteadyNanoseconds();
    for (int64_t i = 0; i < count; ++i) {
      if (warm_up_ < kWarmUpEvents) {
        ++warm_up_;
      } else {
        latencies_.push_back(now - schedule_.DueAt(static_cast<int64_t>(latencies_.size())));
      }
    }
  }
  std::vector<int64_t>& latencies() { return latencies_; }

 private:
  Schedule schedule_;
  int64_t warm_up_ = 0;
  std::vector<int64_t> latencies_;
};

void TrackOne(Client& client, const EventSource& source, int64_t index) {
  const TrackResult result = source.Track(client, index % source.count());
  if (!result) Fail(absl::StrCat("Track refused an event: ", result.problem()));
}

// Tracks each event when it is due, or as soon after as possible. Returns how late each was.
std::vector<int64_t> TrackOnSchedule(Client& client, const EventSource& source, const Schedule& schedule,
                                     int64_t events) {
  Pacer pacer;
  std::vector<int64_t> delays;
  delays.reserve(events);
  for (int64_t next = 0; next < events;) {
    pacer.WaitUntil(std::max(schedule.DueAt(next), SteadyNanoseconds() + kTickNanoseconds));
    for (int64_t now = SteadyNanoseconds(); next < events && schedule.DueAt(next) <= now; ++next) {
      TrackOne(client, source, next);
      delays.push_back(now - schedule.DueAt(next));
    }
  }
  return delays;
}

void PrintQuantiles(const std::string& name, std::vector<int64_t>& values) {
  std::sort(values.begin(), values.end());
  PrintFigure(name + "_p50", static_cast<double>(Quantile(values, 0.5)) / 1e6, "ms");
  PrintFigure(name + "_p99", static_cast<double>(Quantile(values, 0.99)) / 1e6, "ms");
}

}  // namespace

LatencyRun::LatencyRun(LatencyOptions options, const EventSource* known)
    : options_(std::move(options)), known_(known) {}

void LatencyRun::Run(double events_per_second, double share) {
  const double rate = events_per_second * share;
  const auto events = static_cast<int64_t>(rate * absl::ToDoubleSeconds(options_.duration));
  const std::string name = absl::StrCat("ingest_latency_at_", std::lround(share * 100), "_percent");
  ShowProgress(absl::StrCat("latency: ", std::lround(rate), " events/s"));

  Stopwatch stopwatch(events);
  ClientOptions options;
  options.collector_address = options_.collector_address;
  options.api_key.clear();
  options.linger = options_.linger;
  options.when_full = WhenFull::kBlock;
  options.on_delivery = [&](const DeliveryReport& report) { stopwatch.OnAcknowledged(report.acknowledged); };
  auto client = Client::Create(options);
  if (!client.ok()) Fail(client.status().ToString());
  for (int64_t index = 0; index < kWarmUpEvents; ++index) TrackOne(**client, *known_, index);
  if (!(*client)->Flush(kFlushLimit)) Fail("events were not acknowledged in time");

  const Schedule schedule{.start = SteadyNanoseconds(), .nanoseconds_each = 1e9 / rate};
  stopwatch.Start(schedule);
  std::vector<int64_t> delays = TrackOnSchedule(**client, *known_, schedule, events);
  if (!(*client)->Shutdown(kFlushLimit)) Fail("events were not acknowledged in time");
  if (static_cast<int64_t>(stopwatch.latencies().size()) != events) {
    Fail(absl::StrCat("of ", events, " events ", stopwatch.latencies().size(), " were acknowledged"));
  }

  PrintFigure(name + "_rate", rate, "events/s");
  PrintQuantiles(name, stopwatch.latencies());
  PrintQuantiles(name + "_tracked_late", delays);
}

}  // namespace donut::bench
