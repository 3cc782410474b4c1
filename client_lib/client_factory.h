// Makes a Client or a Replay on a given transport: the real one in create.cc, a fake one in tests. No state.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "client_lib/transport.h"
#include "donut/client.h"
#include "donut/replay.h"

namespace donut {

class ClientFactory {
 public:
  static absl::StatusOr<std::unique_ptr<Client>> Create(ClientOptions options,
                                                        std::unique_ptr<Transport> transport);
};

class ReplayFactory {
 public:
  static absl::StatusOr<std::unique_ptr<Replay>> Open(ReplayOptions options,
                                                      std::unique_ptr<Transport> transport,
                                                      absl::Duration timeout);
};

}  // namespace donut
