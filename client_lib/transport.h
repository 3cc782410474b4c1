// The seam between the delivery of events and the network: opens streams of StreamEvents and moves messages
// as bytes. grpc_transport.h is the real one; tests have a fake.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"

namespace donut {

// What happens on one stream. Called by the transport from threads of its own, one call at a time, never
// from within a call of TransportStream and never under a lock of the transport. Must not block.
class TransportObserver {
 public:
  virtual ~TransportObserver() = default;
  // The message of the last Write has left for the network; the next may follow.
  virtual void OnWritten() = 0;
  // A StreamEventsResponse.
  virtual void OnMessage(std::string bytes) = 0;
  // The stream has ended; the last call, made exactly once for every stream.
  virtual void OnClosed(const absl::Status& status) = 0;
};

// One stream. Thread-safe. Calls never block.
class TransportStream {
 public:
  virtual ~TransportStream() = default;
  // A StreamEventsRequest. At most one at a time: the next only after OnWritten.
  virtual void Write(std::string bytes) = 0;
  // Ends the stream soon. Harmless when it has ended already.
  virtual void Cancel() = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Starts a stream; failures arrive as OnClosed. Never blocks.
  virtual std::unique_ptr<TransportStream> Open(std::shared_ptr<TransportObserver> observer) = 0;
};

}  // namespace donut
