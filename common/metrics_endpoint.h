// A page of metrics for Prometheus to scrape: GET /metrics on an address of its own. A thread that
// answers one caller after the other; docs/adr/0008 tells why it is not a library's. It asks for no key, so
// it belongs on loopback or into a private network; the values are numbers about the service, never content.
// Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/metric_page.h"

namespace donut {

struct MetricsEndpointOptions {
  std::string address;  // port 0 takes a free one
  // From a caller's connection until its request is read, and again until the answer is taken. The next
  // caller waits meanwhile.
  absl::Duration patience = absl::Seconds(2);
  // Of a request, up to its empty line.
  size_t max_request_bytes = 8 << 10;
};

// INVALID_ARGUMENT unless it is host:port or [ipv6]:port: Prometheus does not speak unix sockets.
absl::Status ValidateMetricsAddress(const std::string& address);

class MetricsEndpoint {
 public:
  // `collect` is called for each scrape, from one thread, until the destructor returns.
  // INVALID_ARGUMENT for an address that cannot be read; FAILED_PRECONDITION when it cannot be listened on.
  static absl::StatusOr<std::unique_ptr<MetricsEndpoint>> Start(MetricsEndpointOptions options,
                                                                std::function<void(MetricPage&)> collect);
  // At once, also in the middle of an answer.
  ~MetricsEndpoint();

  // The port that was bound.
  int port() const { return port_; }

 private:
  MetricsEndpoint(MetricsEndpointOptions options, std::function<void(MetricPage&)> collect, int listener,
                  int stop);

  void Run();
  void Serve(int connection) const;
  // False when `until` came first, or the end.
  bool WaitFor(int descriptor, short events, absl::Time until) const;

  const MetricsEndpointOptions options_;
  const std::function<void(MetricPage&)> collect_;
  const int listener_;
  const int stop_;  // an eventfd: readable when all shall end
  int port_ = 0;
  std::thread thread_;
};

}  // namespace donut
