// The real transport: StreamEvents over gRPC, with messages as bytes (a generic stub), so that what the
// queue composed goes out as it is.
//
// Every stream has a channel of its own: attempts to connect are spaced by DeliverySession, and
// gRPC's own waiting between attempts must not be added to it. A peer that falls silent is noticed by
// keepalive.
//
// One thread and one completion queue per transport. Not gRPC's callback API: its threads are shared by the
// whole process and come and go with its channels, and a channel that is released on one of them ends in a
// double free. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client_lib/transport.h"

namespace donut {

struct GrpcTransportOptions {
  std::string address;
  std::string api_key;
};

// RESOURCE_EXHAUSTED when no thread can be started.
absl::StatusOr<std::unique_ptr<Transport>> MakeGrpcTransport(GrpcTransportOptions options);

}  // namespace donut
