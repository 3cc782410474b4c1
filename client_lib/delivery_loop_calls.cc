// What a program's own threads do with a DeliveryLoop.
#include <utility>

#include "absl/strings/str_cat.h"
#include "client_lib/delivery_loop.h"
#include "client_lib/steady_now.h"

namespace donut {

// --- A live client's side.

TrackOutcome DeliveryLoop::Track(size_t bytes, absl::FunctionRef<void(char*)> write, WhenFull when_full,
                                 absl::Duration block_timeout) {
  bool wake = false;
  {
    MutexLock lock(shared_->mutex);
    if (closing_) return TrackOutcome::kShutDown;
    char* place = queue_.AppendEvent(bytes);
    if (place == nullptr) place = MakeRoom(bytes, when_full, block_timeout);
    if (place == nullptr && closing_) return TrackOutcome::kShutDown;
    if (place == nullptr) {
      queue_.AppendSkipped(1, v1::SKIP_REASON_QUEUE_FULL);
      ++counters_.dropped_newest;
      return TrackOutcome::kQueueFull;
    }
    write(place);
    ++counters_.enqueued;
    wake = IsWorthWaking();
  }
  if (wake) shared_->work.NotifyOne();
  return TrackOutcome::kTaken;
}

char* DeliveryLoop::MakeRoom(size_t bytes, WhenFull when_full, absl::Duration block_timeout) {
  char* place = nullptr;
  if (when_full == WhenFull::kDropOldest) {
    for (int64_t dropped = queue_.DropOldest(); dropped > 0; dropped = queue_.DropOldest()) {
      counters_.dropped_oldest += dropped;
      session_.OnDroppedOldest(dropped);
      place = queue_.AppendEvent(bytes);
      if (place != nullptr) break;
    }
  }
  if (when_full == WhenFull::kBlock) {
    const absl::Time deadline = SteadyNow() + block_timeout;
    bool in_time = true;
    while (place == nullptr && !closing_ && in_time) {
      in_time = AwaitProgress(deadline);
      if (!closing_) place = queue_.AppendEvent(bytes);
    }
  }
  return place;
}

// Whether the loop's thread waits for what is unsent by now. Once only: it is then on its way.
bool DeliveryLoop::IsWorthWaking() {
  if (queue_.unsent_count() < wake_events_ && queue_.unsent_bytes() < wake_bytes_) return false;
  wake_events_ = DeliverySession::kNever;
  wake_bytes_ = DeliverySession::kNever;
  return true;
}

// Waits for a sign of progress; false when `deadline` passed first.
bool DeliveryLoop::AwaitProgress(absl::Time deadline) {
  const absl::Time now = SteadyNow();
  if (now >= deadline) return false;
  ++waiting_callers_;
  shared_->progress.WaitFor(shared_->mutex, deadline - now);
  --waiting_callers_;
  return true;
}

// --- A replay's side.

absl::Status DeliveryLoop::Ended() const {
  if (!session_.terminal_status().ok()) return session_.terminal_status();
  if (closing_) return absl::CancelledError("stopped");
  return absl::OkStatus();
}

absl::Status DeliveryLoop::terminal_status() const {
  MutexLock lock(shared_->mutex);
  return session_.terminal_status();
}

absl::Status DeliveryLoop::AwaitWelcome(absl::Duration timeout) {
  MutexLock lock(shared_->mutex);
  const absl::Time deadline = SteadyNow() + timeout;
  while (true) {
    if (absl::Status ended = Ended(); !ended.ok()) return ended;
    if (session_.welcomed()) return absl::OkStatus();
    if (AwaitProgress(deadline)) continue;
    return absl::UnavailableError(absl::StrCat("no collector answered within ", absl::FormatDuration(timeout),
                                               ": ", session_.last_failure().ToString()));
  }
}

absl::Status DeliveryLoop::AwaitRoom(absl::FunctionRef<bool()> append) {
  while (true) {
    if (absl::Status ended = Ended(); !ended.ok()) return ended;
    if (append()) return absl::OkStatus();
    AwaitProgress(absl::InfiniteFuture());
  }
}

absl::Status DeliveryLoop::AppendEvent(size_t bytes, absl::FunctionRef<void(char*)> write,
                                       const std::string& bookmark) {
  MutexLock lock(shared_->mutex);
  char* place = nullptr;
  absl::Status room = AwaitRoom([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    place = queue_.AppendEvent(bytes);
    return place != nullptr;
  });
  if (!room.ok()) return room;
  write(place);
  queue_.SetBookmark(bookmark);
  if (IsWorthWaking()) shared_->work.NotifyOne();
  return absl::OkStatus();
}

absl::Status DeliveryLoop::AppendUnparsed(const v1::Unparsed& unparsed, const std::string& bookmark) {
  MutexLock lock(shared_->mutex);
  absl::Status room =
      AwaitRoom([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return queue_.AppendUnparsed(unparsed); });
  if (!room.ok()) return room;
  queue_.SetBookmark(bookmark);
  if (IsWorthWaking()) shared_->work.NotifyOne();
  return absl::OkStatus();
}

absl::Status DeliveryLoop::AppendSkipped(int64_t count, v1::SkipReason reason) {
  MutexLock lock(shared_->mutex);
  if (absl::Status ended = Ended(); !ended.ok()) return ended;
  queue_.AppendSkipped(count, reason);
  if (IsWorthWaking()) shared_->work.NotifyOne();
  return absl::OkStatus();
}

int64_t DeliveryLoop::committed_at_opening() const {
  MutexLock lock(shared_->mutex);
  return session_.committed_at_opening();
}

std::string DeliveryLoop::bookmark_at_opening() const {
  MutexLock lock(shared_->mutex);
  return session_.bookmark_at_opening();
}

int64_t DeliveryLoop::bookmark_sequence_at_opening() const {
  MutexLock lock(shared_->mutex);
  return session_.bookmark_sequence_at_opening();
}

// --- Both.

int64_t DeliveryLoop::BeginFlush() {
  MutexLock lock(shared_->mutex);
  session_.Flush(SteadyNow());
  shared_->work.NotifyOne();
  return queue_.taken_total();
}

bool DeliveryLoop::AwaitDecided(int64_t total, absl::Time deadline) {
  MutexLock lock(shared_->mutex);
  while (queue_.decided_total() < total && !finished_) {
    if (!AwaitProgress(deadline)) break;
  }
  return queue_.decided_total() >= total;
}

bool DeliveryLoop::Flush(absl::Duration timeout) {
  if (OfThisThread() == this) return false;
  const absl::Time deadline = SteadyNow() + timeout;
  return AwaitDecided(BeginFlush(), deadline);
}

void DeliveryLoop::BeginShutdown(bool only_if_answered) {
  MutexLock lock(shared_->mutex);
  if (std::exchange(closing_, true)) return;
  session_.Close(SteadyNow(), only_if_answered);
  shared_->work.NotifyOne();
  shared_->progress.NotifyAll();  // callers that wait for room
}

void DeliveryLoop::AwaitFinished(absl::Time deadline) {
  MutexLock lock(shared_->mutex);
  while (!finished_ && AwaitProgress(deadline)) {
  }
}

void DeliveryLoop::Abandon() {
  MutexLock lock(shared_->mutex);
  abandoned_ = true;
  shared_->work.NotifyOne();
}

bool DeliveryLoop::Join() {
  bool join = false;
  {
    MutexLock lock(shared_->mutex);
    join = !std::exchange(joined_, true);
  }
  if (join) thread_.join();
  MutexLock lock(shared_->mutex);
  return queue_.empty();
}

bool DeliveryLoop::Shutdown(absl::Duration timeout) {
  if (OfThisThread() == this) return false;
  const absl::Time deadline = SteadyNow() + timeout;
  BeginShutdown(/*only_if_answered=*/false);
  AwaitFinished(deadline);
  Abandon();
  return Join();
}

ClientCounters DeliveryLoop::counters() const {
  MutexLock lock(shared_->mutex);
  ClientCounters counters = counters_;
  const DeliverySession::Counters& session = session_.counters();
  counters.acknowledged = session.acknowledged;
  counters.rejected = session.rejected;
  counters.dropped_poisonous = session.poisonous;
  counters.dropped_in_doubt = session.in_doubt;
  counters.streams_opened = session.streams_opened;
  counters.retried = queue_.resent_events();
  if (finished_) {
    counters.dropped_at_shutdown = queue_.queued_events();
  } else {
    counters.queued_events = queue_.queued_events();
    counters.queued_bytes = static_cast<int64_t>(queue_.queued_bytes());
  }
  counters.connected = session_.connected() && !finished_;
  return counters;
}

int64_t DeliveryLoop::first_undecided() const {
  MutexLock lock(shared_->mutex);
  return queue_.first_undecided();
}

int64_t DeliveryLoop::next_sequence() const {
  MutexLock lock(shared_->mutex);
  return queue_.next_sequence();
}

}  // namespace donut
