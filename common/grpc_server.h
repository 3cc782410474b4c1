// What both services do alike with gRPC: listen, reflection, health, limits on
// memory and threads, and an orderly end. One object is one listening server.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/listen_address.h"
#include "grpcpp/grpcpp.h"

namespace donut {

// A client that pings more often than this is sent away.
inline constexpr absl::Duration kMinClientPingInterval = absl::Seconds(10);

struct GrpcServerOptions {
  // host:port, such as "127.0.0.1:50051"; port 0 takes a free one. "unix:/path" too.
  std::string address;
  // Bytes that gRPC may hold for all calls together, messages being received included.
  int64_t max_memory_bytes = 256 << 20;
  int max_message_bytes = 4 << 20;
  // Bytes of a call that may arrive before they are asked for; a message that is being read may always
  // arrive.
  int max_unread_bytes = 64 << 10;
  // Threads of the synchronous API; the callback API does not use them.
  int max_threads = 16;
};

// Serves until told to stop. Thread-safe.
class GrpcServer {
 public:
  // INVALID_ARGUMENT for an address that cannot be read; FAILED_PRECONDITION when it
  // cannot be listened on (in use, or not ours), naming it.
  // `configure` may set further options on the builder before it is built.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(
      const GrpcServerOptions& options, const std::vector<grpc::Service*>& services,
      const std::function<void(grpc::ServerBuilder&)>& configure = nullptr);
  ~GrpcServer();

  // The port that was bound; 0 for a unix socket.
  int port() const { return port_; }

  // What the standard health service answers for "" and for every service here.
  // NOT_SERVING at first.
  void SetServing(bool serving);

  // Refuses new calls, lets running ones go on for `grace`, then cancels them, and returns
  // when all are gone. The caller drains its own streams first.
  void Shutdown(absl::Duration grace);

 private:
  GrpcServer() = default;
  std::unique_ptr<grpc::Server> server_;
  std::vector<std::string> service_names_;
  int port_ = 0;
};

// Blocks SIGTERM and SIGINT for the process: call first in main, before any thread
// starts. Also ignores SIGPIPE.
void BlockStopSignals();
// Waits for SIGTERM or SIGINT and returns its number.
int WaitForStopSignal();
// Ends the process with a log line and exit code 3 if it has not ended by itself
// after `limit` (infinite: never): the last resort behind a shutdown that hangs.
void StartShutdownWatchdog(absl::Duration limit);

}  // namespace donut
