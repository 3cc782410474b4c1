// A transport whose other end is a ModelCollector, for tests of the threaded classes. Everything the
// collector does happens on one thread of the network's own, as with a real transport. It can be unreachable,
// silent (a black hole), or slow (nothing is committed until it is told to), and it can crash.
//
// Thread-safe. Must outlive the transports that it made.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "client_lib/transport.h"
#include "common/mutex.h"
#include "tests/client_lib/model_collector.h"

namespace donut::testing {

// Only a test that fails waits as long.
inline constexpr absl::Duration kLong = absl::Seconds(60);

class FakeNetwork {
 public:
  enum class Mode { kReachable, kUnreachable, kSilent, kSlow };

  explicit FakeNetwork(Mode mode = Mode::kReachable);
  ~FakeNetwork();

  std::unique_ptr<Transport> MakeTransport();
  // From kSlow to kReachable commits what has come in.
  void SetMode(Mode mode);
  // The collector dies with everything uncommitted and is at once there again.
  void Crash();
  // Refuses new streams with this; OK: no more.
  void RefuseWith(absl::Status status);
  // Runs `look` on the network's thread, after everything that was asked for before, and waits for it.
  void Look(const std::function<void(ModelCollector&)>& look);
  int64_t streams_opened();
  // Waits until that many streams were asked for.
  void AwaitStreams(int64_t count);

 private:
  class Stream;
  class FakeTransport;
  void Do(std::function<void()> task);
  void Run();
  void Deliver(int64_t stream, const ModelCollector::Answer& answer);
  void CloseStream(int64_t stream, const absl::Status& status);

  Mutex mutex_;
  ConditionVariable changed_;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t streams_opened_ ABSL_GUARDED_BY(mutex_) = 0;

  // The network's thread only.
  Mode mode_;
  absl::Status refusal_;
  ModelCollector collector_;
  std::map<int64_t, std::shared_ptr<TransportObserver>> live_;

  std::thread thread_;
};

}  // namespace donut::testing
