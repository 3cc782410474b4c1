// Where the library meets gRPC: all the rest works on any Transport.
#include "client_lib/client_factory.h"
#include "client_lib/grpc_transport.h"
#include "common/status_macros.h"
#include "donut/client.h"
#include "donut/replay.h"

namespace donut {

absl::StatusOr<std::unique_ptr<Client>> Client::Create(ClientOptions options) {
  RETURN_IF_ERROR(options.Validate());
  const GrpcTransportOptions transport = {.address = options.collector_address, .api_key = options.api_key};
  return ClientFactory::Create(std::move(options), [&transport] { return MakeGrpcTransport(transport); });
}

absl::StatusOr<std::unique_ptr<Replay>> Replay::Open(ReplayOptions options, absl::Duration timeout) {
  RETURN_IF_ERROR(options.Validate());
  ASSIGN_OR_RETURN(auto transport,
                   MakeGrpcTransport({.address = options.collector_address, .api_key = options.api_key}));
  return ReplayFactory::Open(std::move(options), std::move(transport), timeout);
}

}  // namespace donut
