#include "donut/client.h"

#include <pthread.h>

#include <atomic>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client_lib/client_factory.h"
#include "client_lib/delivery_streams.h"
#include "client_lib/event_encoder.h"
#include "client_lib/warning_limiter.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/status_macros.h"
#include "common/utf8.h"

namespace donut {
namespace {

constexpr char kUserAgent[] = "donut-client/" DONUT_VERSION;
constexpr int kMostStreams = 16;
constexpr size_t kLeastQueueBytes = 256 << 10;  // of one stream
constexpr size_t kMostQueueBytes = size_t{1} << 30;
constexpr size_t kLeastBatchBytes = 1 << 10;
constexpr size_t kMostBatchBytes = 960 << 10;
// A collector that keeps up reads and commits at the same time: it wants two groups on their way. More than
// it stages for one stream (collector/stream_state.h) would only wait in the network.
constexpr size_t kMostWindowBytes = 8 << 20;
// In a small queue batches and blocks are smaller: what is on its way, one batch over the window, must leave
// room for what comes and for what can be dropped.
constexpr size_t kLeastBatches = 4;
constexpr size_t kLeastBlocks = 16;
constexpr size_t kMostUserAgentBytes = 150;
constexpr absl::Duration kMostLinger = absl::Minutes(1);

// Changes in the child of every fork: cheaper to ask for each event than the process id.
std::atomic<int> forks = 0;

int CountForks() {
  static const int registered = pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1); });
  static_cast<void>(registered);
  return forks;
}

std::string FromEnvironment(const char* variable, const char* otherwise) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

absl::Status WrongClientOption(const char* option, const char* rule) {
  return absl::InvalidArgumentError(absl::StrCat("ClientOptions.", option, ": ", rule));
}

void LogFirst(const std::string& warning) { Log(Severity::kWarning, warning, {{"library", kUserAgent}}); }

// What the program's callbacks get to see of the news.
std::function<void(const DeliveryNews&)> Reporter(const ClientOptions& options) {
  const auto on_warning = options.on_warning ? options.on_warning : LogFirst;
  const absl::Duration pause = options.on_warning ? absl::Minutes(1) : absl::InfiniteDuration();
  auto limiter = std::make_shared<WarningLimiter>(pause);
  return [on_delivery = options.on_delivery, on_warning, limiter](const DeliveryNews& news) {
    if (!news.warning.empty() && limiter->Allows(absl::Now())) on_warning(news.warning);
    if (!on_delivery || (news.acknowledged == 0 && news.dropped == 0 && news.rejected.empty())) return;
    DeliveryReport report{.acknowledged = news.acknowledged, .dropped = news.dropped};
    for (const DeliveryNews::Rejected& rejected : news.rejected) {
      report.rejections.push_back({rejected.event_name, v1::RejectionReason_Name(rejected.rejection.reason()),
                                   rejected.rejection.detail()});
    }
    on_delivery(report);
  };
}

}  // namespace

std::string DefaultCollectorAddress() {
  return FromEnvironment("DONUT_COLLECTOR_ADDRESS", "127.0.0.1:50051");
}
std::string DefaultApiKey() { return FromEnvironment("DONUT_API_KEY", ""); }

absl::Status ClientOptions::Validate() const {
  if (collector_address.empty())
    return WrongClientOption("collector_address", "must not be empty; such as 127.0.0.1:50051");
  if (user_agent.size() > kMostUserAgentBytes || !IsStorableText(user_agent)) {
    return WrongClientOption("user_agent", "must be UTF-8 of at most 150 bytes");
  }
  if (streams < 1 || streams > kMostStreams) return WrongClientOption("streams", "must be from 1 to 16");
  if (queue_bytes / streams < kLeastQueueBytes || queue_bytes > kMostQueueBytes) {
    return WrongClientOption("queue_bytes",
                             "must be at least 256 KiB for each of the streams, and at most 1 GiB");
  }
  if (max_batch_events < 1 || max_batch_events > limits::kMaxBatchEvents) {
    return WrongClientOption("max_batch_events", "must be from 1 to 5000");
  }
  if (max_batch_bytes < kLeastBatchBytes || max_batch_bytes > kMostBatchBytes) {
    return WrongClientOption("max_batch_bytes", "must be from 1 KiB to 960 KiB");
  }
  if (linger < absl::ZeroDuration() || linger > kMostLinger)
    return WrongClientOption("linger", "must be from 0 to a minute");
  if (block_timeout < absl::ZeroDuration()) return WrongClientOption("block_timeout", "must not be negative");
  if (shutdown_timeout < absl::ZeroDuration())
    return WrongClientOption("shutdown_timeout", "must not be negative");
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Client>> ClientFactory::Create(ClientOptions options,
                                                              const TransportFactory& make_transport) {
  const size_t share = options.queue_bytes / options.streams;
  DeliveryLoopOptions loop_options;
  loop_options.session = {
      .user_agent = absl::StrCat(kUserAgent, options.user_agent.empty() ? "" : " ", options.user_agent),
      .batch = {.max_events = options.max_batch_events,
                .max_bytes = std::min(options.max_batch_bytes, share / kLeastBatches)},
      .linger = options.linger,
      .window_bytes = std::min(kMostWindowBytes, share / 2)};
  loop_options.queue.capacity_bytes = share;
  loop_options.queue.block_bytes = std::min(loop_options.queue.block_bytes, share / kLeastBlocks);
  loop_options.on_news = Reporter(options);
  ASSIGN_OR_RETURN(auto streams,
                   DeliveryStreams::Start(options.streams, std::move(loop_options), make_transport));
  return std::unique_ptr<Client>(new Client(std::move(options), std::move(streams)));
}

Client::Client(ClientOptions options, std::unique_ptr<DeliveryStreams> streams)
    : options_(std::move(options)), streams_(std::move(streams)), forks_(CountForks()) {}

bool Client::IsOfParent() const { return forks.load(std::memory_order_relaxed) != forks_; }

Client::~Client() {
  if (IsOfParent()) {
    // The threads to wait for exist only in the parent.
    streams_.release();  // NOLINT(bugprone-unused-return-value)
    return;
  }
  streams_->Shutdown(options_.shutdown_timeout, /*only_if_answered=*/true);
}

TrackResult Client::Track(std::string_view event_name, std::string_view user_id,
                          std::span<const Property> properties, const TrackOptions& options) noexcept {
  // A lock may have been held by a thread that does not exist here.
  if (IsOfParent()) return {TrackOutcome::kShutDown, "the client was made before fork(): make it after"};
  try {
    const absl::Time now = absl::Now();
    const EventView event{.name = event_name,
                          .user_id = user_id,
                          .session_id = options.session_id,
                          .event_time = options.event_time.value_or(now),
                          .properties = properties,
                          .user_properties = options.user_properties.span()};
    const EventMeasure measure = MeasureEvent(event, now);
    if (measure.problem != nullptr) {
      streams_->CountInvalid();
      return {TrackOutcome::kInvalid, measure.problem};
    }
    const TrackOutcome outcome = streams_->Track(
        user_id, measure.event_bytes, [&](char* place) { WriteEvent(event, measure, place); },
        options_.when_full, options_.block_timeout);
    switch (outcome) {
      case TrackOutcome::kShutDown:
        return {outcome, "the client was shut down"};
      case TrackOutcome::kQueueFull:
        return {outcome, "the buffer is full"};
      default:
        return TrackResult::Taken();
    }
  } catch (...) {
    return {TrackOutcome::kQueueFull, "out of memory"};
  }
}

bool Client::Flush(absl::Duration timeout) noexcept { return !IsOfParent() && streams_->Flush(timeout); }

bool Client::Shutdown(absl::Duration timeout) noexcept {
  return !IsOfParent() && streams_->Shutdown(timeout, /*only_if_answered=*/false);
}

ClientCounters Client::counters() const { return IsOfParent() ? ClientCounters() : streams_->counters(); }

}  // namespace donut
