// Several DeliveryLoops as one: each is a producer of its own with its own stream, queue and thread. The
// events of one user always go to the same, so that their order is kept; between users there is none. What
// the loops have to report comes one at a time.
//
// Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client_lib/delivery_loop.h"
#include "client_lib/transport.h"
#include "donut/client.h"

namespace donut {

// A transport for one stream; an error says why there is none.
using TransportFactory = std::function<absl::StatusOr<std::unique_ptr<Transport>>()>;

class DeliveryStreams {
 public:
  // `options` are those of one stream; on_news is called by one thread at a time.
  static absl::StatusOr<std::unique_ptr<DeliveryStreams>> Start(int count, DeliveryLoopOptions options,
                                                                const TransportFactory& make_transport);

  // Calls `write` with a place of `bytes` bytes in the queue of this user's stream. Never waits in a
  // callback of its own.
  TrackOutcome Track(std::string_view user_id, size_t bytes, absl::FunctionRef<void(char*)> write,
                     WhenFull when_full, absl::Duration block_timeout);
  void CountInvalid() { invalid_.fetch_add(1, std::memory_order_relaxed); }

  // One timeout for all of them. False at once in a callback of its own.
  bool Flush(absl::Duration timeout);
  bool Shutdown(absl::Duration timeout, bool only_if_answered);

  // Sums; connected when all are.
  ClientCounters counters() const;

 private:
  explicit DeliveryStreams(std::vector<std::unique_ptr<DeliveryLoop>> loops) : loops_(std::move(loops)) {}
  bool IsOwnThread() const;

  const std::vector<std::unique_ptr<DeliveryLoop>> loops_;
  std::atomic<int64_t> invalid_ = 0;
};

}  // namespace donut
