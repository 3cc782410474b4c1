// Makes a Client or a Replay on given transports: real ones in create.cc, fake ones in tests. No state.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "client_lib/delivery_streams.h"
#include "client_lib/transport.h"
#include "donut/client.h"
#include "donut/replay.h"

namespace donut {

class ClientFactory {
 public:
  // Calls `make_transport` once for each stream.
  static absl::StatusOr<std::unique_ptr<Client>> Create(ClientOptions options,
                                                        const TransportFactory& make_transport);
};

class ReplayFactory {
 public:
  static absl::StatusOr<std::unique_ptr<Replay>> Open(ReplayOptions options,
                                                      std::unique_ptr<Transport> transport,
                                                      absl::Duration timeout);
};

}  // namespace donut
