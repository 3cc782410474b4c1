// The thread around a DeliverySession: takes events in from any thread, keeps the stream moving on one of its
// own, and lets callers wait for what is decided. Thin: the decisions are DeliverySession's and
// DeliveryQueue's. delivery_loop.cc is the thread, delivery_loop_calls.cc what callers do.
//
// Thread-safe. One mutex guards queue and session; it is held to copy bytes, never to wait for the network or
// to call the program's callbacks. What is sent is put together without it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client_lib/delivery_queue.h"
#include "client_lib/delivery_session.h"
#include "client_lib/transport.h"
#include "common/mutex.h"
#include "donut/client.h"

namespace donut {

struct DeliveryLoopOptions {
  SessionOptions session;
  DeliveryQueue::Options queue;
  // On the loop's thread, without a lock. May be null. Exceptions from it are swallowed.
  std::function<void(const DeliveryNews&)> on_news = nullptr;
};

class DeliveryLoop {
 public:
  // RESOURCE_EXHAUSTED when no thread can be started.
  static absl::StatusOr<std::unique_ptr<DeliveryLoop>> Start(DeliveryLoopOptions options,
                                                             std::unique_ptr<Transport> transport);
  // Shutdown without waiting.
  ~DeliveryLoop();

  // --- A live client's side.

  // Calls `write` with a place of `bytes` bytes. kQueueFull also when `block_timeout` passed. With
  // kBlock not on the loop's own thread, which alone makes room.
  TrackOutcome Track(size_t bytes, absl::FunctionRef<void(char*)> write, WhenFull when_full,
                     absl::Duration block_timeout);

  // --- A replay's side. They wait for room; an error is final.

  absl::Status AwaitWelcome(absl::Duration timeout);
  absl::Status AppendEvent(size_t bytes, absl::FunctionRef<void(char*)> write, const std::string& bookmark);
  absl::Status AppendUnparsed(const v1::Unparsed& unparsed, const std::string& bookmark);
  absl::Status AppendSkipped(int64_t count, v1::SkipReason reason);
  int64_t committed_at_opening() const;
  std::string bookmark_at_opening() const;
  int64_t bookmark_sequence_at_opening() const;

  // --- Both.

  // False when `timeout` passed first, or on the loop's own thread, where nothing can be waited for.
  bool Flush(absl::Duration timeout);
  // True when everything was decided. Later calls change nothing.
  bool Shutdown(absl::Duration timeout);

  // The same in steps, for several loops with one deadline, a time of SteadyNow(). What was taken so far is
  // decided when that many are.
  int64_t BeginFlush();
  bool AwaitDecided(int64_t total, absl::Time deadline);
  void BeginShutdown(bool only_if_answered);
  void AwaitFinished(absl::Time deadline);
  void Abandon();
  // Returns whether everything was decided.
  bool Join();

  // The loop whose thread calls (a callback of the program's); null on any other thread.
  static const DeliveryLoop* OfThisThread();

  // Why nothing can be sent any more; OK while it can.
  absl::Status terminal_status() const;
  ClientCounters counters() const;
  int64_t first_undecided() const;
  int64_t next_sequence() const;

 private:
  // Something that the transport told.
  struct Arrival {
    enum class Kind { kWritten, kMessage, kClosed } kind;
    int64_t stream;
    std::string bytes;
    absl::Status status;
  };
  // Outlives the loop for as long as a stream's callbacks may come.
  struct Shared {
    Mutex mutex;
    ConditionVariable work;      // the loop's thread waits here
    ConditionVariable progress;  // callers wait here
    std::deque<Arrival> arrivals ABSL_GUARDED_BY(mutex);
  };
  class Observer;

  DeliveryLoop(DeliveryLoopOptions options, std::unique_ptr<Transport> transport);
  void Run();
  bool RunOnce();
  DeliverySession::Action AwaitAction() ABSL_EXCLUSIVE_LOCKS_REQUIRED(shared_->mutex);
  void TakeArrivals(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shared_->mutex);
  void Perform(const DeliverySession::Action& action);
  void Report(const DeliveryNews& news);
  void EndStream();
  void TellWaitingCallers() ABSL_EXCLUSIVE_LOCKS_REQUIRED(shared_->mutex);
  char* MakeRoom(size_t bytes, WhenFull when_full, absl::Duration block_timeout)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shared_->mutex);
  bool IsWorthWaking() ABSL_EXCLUSIVE_LOCKS_REQUIRED(shared_->mutex);
  absl::Status AwaitRoom(absl::FunctionRef<bool()> append) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shared_->mutex);
  bool AwaitProgress(absl::Time deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shared_->mutex);
  absl::Status Ended() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(shared_->mutex);

  const DeliveryLoopOptions options_;
  const std::unique_ptr<Transport> transport_;
  const std::shared_ptr<Shared> shared_;

  DeliveryQueue queue_ ABSL_GUARDED_BY(shared_->mutex);
  DeliverySession session_ ABSL_GUARDED_BY(shared_->mutex);
  bool closing_ ABSL_GUARDED_BY(shared_->mutex) = false;
  bool abandoned_ ABSL_GUARDED_BY(shared_->mutex) = false;
  bool finished_ ABSL_GUARDED_BY(shared_->mutex) = false;  // the thread does nothing more
  bool joined_ ABSL_GUARDED_BY(shared_->mutex) = false;
  int64_t stream_ ABSL_GUARDED_BY(shared_->mutex) = 0;  // number of the current stream
  bool stream_open_ ABSL_GUARDED_BY(shared_->mutex) = false;
  int64_t wake_events_ ABSL_GUARDED_BY(shared_->mutex) = DeliverySession::kNever;
  size_t wake_bytes_ ABSL_GUARDED_BY(shared_->mutex) = DeliverySession::kNever;
  int waiting_callers_ ABSL_GUARDED_BY(shared_->mutex) = 0;
  int64_t told_decided_ ABSL_GUARDED_BY(shared_->mutex) = 0;
  int64_t told_streams_ ABSL_GUARDED_BY(shared_->mutex) = 0;
  ClientCounters counters_ ABSL_GUARDED_BY(shared_->mutex);  // only what the loop itself counts

  std::unique_ptr<TransportStream> stream_handle_;  // the loop's thread only
  std::thread thread_;
};

}  // namespace donut
