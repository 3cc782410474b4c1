#include "client_lib/delivery_streams.h"

#include <algorithm>
#include <utility>

#include "client_lib/steady_now.h"
#include "common/mutex.h"
#include "common/status_macros.h"

namespace donut {
namespace {

// Lets one thread at a time call `on_news`.
std::function<void(const DeliveryNews&)> OneAtATime(std::function<void(const DeliveryNews&)> on_news) {
  if (!on_news) return nullptr;
  return [on_news = std::move(on_news), mutex = std::make_shared<Mutex>()](const DeliveryNews& news) {
    MutexLock lock(*mutex);
    on_news(news);
  };
}

}  // namespace

absl::StatusOr<std::unique_ptr<DeliveryStreams>> DeliveryStreams::Start(
    int count, DeliveryLoopOptions options, const TransportFactory& make_transport) {
  if (count > 1) options.on_news = OneAtATime(std::move(options.on_news));
  std::vector<std::unique_ptr<DeliveryLoop>> loops;
  loops.reserve(count);
  for (int i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(auto transport, make_transport());
    ASSIGN_OR_RETURN(auto loop, DeliveryLoop::Start(options, std::move(transport)));
    loops.push_back(std::move(loop));
  }
  return std::unique_ptr<DeliveryStreams>(new DeliveryStreams(std::move(loops)));
}

bool DeliveryStreams::IsOwnThread() const {
  const DeliveryLoop* const here = DeliveryLoop::OfThisThread();
  return here != nullptr &&
         std::any_of(loops_.begin(), loops_.end(), [here](const auto& loop) { return loop.get() == here; });
}

TrackOutcome DeliveryStreams::Track(std::string_view user_id, size_t bytes,
                                    absl::FunctionRef<void(char*)> write, WhenFull when_full,
                                    absl::Duration block_timeout) {
  // A stream may be unable to make room before the callback that waits for it returns.
  if (when_full == WhenFull::kBlock && IsOwnThread()) when_full = WhenFull::kDropNewest;
  // The same within this process is enough: another one has other producers.
  const size_t number = loops_.size() == 1 ? 0 : std::hash<std::string_view>()(user_id) % loops_.size();
  return loops_[number]->Track(bytes, write, when_full, block_timeout);
}

bool DeliveryStreams::Flush(absl::Duration timeout) {
  if (IsOwnThread()) return false;
  const absl::Time deadline = SteadyNow() + timeout;
  std::vector<int64_t> totals;
  totals.reserve(loops_.size());
  for (const auto& loop : loops_) totals.push_back(loop->BeginFlush());
  bool decided = true;
  for (size_t i = 0; i < loops_.size(); ++i)
    decided = loops_[i]->AwaitDecided(totals[i], deadline) && decided;
  return decided;
}

bool DeliveryStreams::Shutdown(absl::Duration timeout, bool only_if_answered) {
  if (IsOwnThread()) return false;
  const absl::Time deadline = SteadyNow() + timeout;
  for (const auto& loop : loops_) loop->BeginShutdown(only_if_answered);
  for (const auto& loop : loops_) loop->AwaitFinished(deadline);
  // All of them before the first is waited for: each may take a moment to end its stream.
  for (const auto& loop : loops_) loop->Abandon();
  bool decided = true;
  for (const auto& loop : loops_) decided = loop->Join() && decided;
  return decided;
}

ClientCounters DeliveryStreams::counters() const {
  ClientCounters sum;
  sum.invalid = invalid_.load(std::memory_order_relaxed);
  sum.connected = true;
  for (const auto& loop : loops_) {
    const ClientCounters one = loop->counters();
    sum.enqueued += one.enqueued;
    sum.acknowledged += one.acknowledged;
    sum.rejected += one.rejected;
    sum.dropped_newest += one.dropped_newest;
    sum.dropped_oldest += one.dropped_oldest;
    sum.dropped_poisonous += one.dropped_poisonous;
    sum.dropped_in_doubt += one.dropped_in_doubt;
    sum.dropped_at_shutdown += one.dropped_at_shutdown;
    sum.retried += one.retried;
    sum.queued_events += one.queued_events;
    sum.queued_bytes += one.queued_bytes;
    sum.streams_opened += one.streams_opened;
    sum.connected = sum.connected && one.connected;
  }
  return sum;
}

}  // namespace donut
