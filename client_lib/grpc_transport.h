// The real transport: StreamEvents over gRPC, with messages as bytes (a generic stub), so that what the
// queue composed goes out as it is.
//
// Every stream has a channel of its own: attempts to connect are spaced by DeliverySession, and
// gRPC's own waiting between attempts must not be added to it. A peer that falls silent is noticed by
// keepalive. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "client_lib/transport.h"

namespace donut {

struct GrpcTransportOptions {
  std::string address;
  std::string api_key;
};

std::unique_ptr<Transport> MakeGrpcTransport(GrpcTransportOptions options);

}  // namespace donut
