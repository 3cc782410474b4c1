#include "common/metrics_endpoint.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/listen_address.h"
#include "common/metric_text.h"
#include "common/status_macros.h"

namespace donut {
namespace {

// So long without a caller is no reason to look: the end wakes the thread by itself.
constexpr absl::Duration kIdle = absl::Hours(1);
// After a failed accept, as when the process has no descriptor left.
constexpr absl::Duration kAcceptPause = absl::Milliseconds(100);

int PortOf(int listener) {
  sockaddr_storage address = {};
  socklen_t length = sizeof(address);
  if (getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6*>(&address)->sin6_port);
  return ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

}  // namespace

absl::Status ValidateMetricsAddress(const std::string& address) {
  RETURN_IF_ERROR(ValidateAddress(address));
  if (!IsUnixAddress(address)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("metrics cannot be served on \"", address,
                   "\": must be host:port or [ipv6]:port, such as 127.0.0.1:9464"));
}

absl::StatusOr<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::Start(
    MetricsEndpointOptions options, std::function<void(MetricPage&)> collect) {
  RETURN_IF_ERROR(ValidateMetricsAddress(options.address));
  const absl::StatusOr<int> listener = ListenOn(options.address);
  if (!listener.ok()) {
    return absl::FailedPreconditionError(absl::StrCat("cannot serve metrics on ", options.address, ": ",
                                                      listener.status().message(),
                                                      "; stop what uses it or set --metrics_address"));
  }
  const int stop = eventfd(0, EFD_CLOEXEC);
  if (stop < 0) {
    close(*listener);
    return absl::FailedPreconditionError(absl::StrCat("cannot serve metrics: ", strerror(errno)));
  }
  return std::unique_ptr<MetricsEndpoint>(
      new MetricsEndpoint(std::move(options), std::move(collect), *listener, stop));
}

MetricsEndpoint::MetricsEndpoint(MetricsEndpointOptions options, std::function<void(MetricPage&)> collect,
                                 int listener, int stop)
    : options_(std::move(options)),
      collect_(std::move(collect)),
      listener_(listener),
      stop_(stop),
      port_(PortOf(listener)),
      thread_([this] { Run(); }) {}

MetricsEndpoint::~MetricsEndpoint() {
  eventfd_write(stop_, 1);
  thread_.join();
  close(listener_);
  close(stop_);
}

bool MetricsEndpoint::WaitFor(int descriptor, short events, absl::Time until) const {
  pollfd watched[] = {{.fd = stop_, .events = POLLIN, .revents = 0},
                      {.fd = descriptor, .events = events, .revents = 0}};
  while (true) {
    const absl::Duration left = std::max(absl::ZeroDuration(), until - absl::Now());
    const int ready = poll(watched, 2, static_cast<int>(absl::ToInt64Milliseconds(left)) + 1);
    if (ready > 0) return watched[0].revents == 0;
    if (ready == 0 || errno != EINTR) return false;
  }
}

void MetricsEndpoint::Run() {
  const auto stopping = [this] {
    pollfd watched = {.fd = stop_, .events = POLLIN, .revents = 0};
    return poll(&watched, 1, 0) > 0;
  };
  while (!stopping()) {
    if (!WaitFor(listener_, POLLIN, absl::Now() + kIdle)) continue;
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection < 0) {
      // A wait for what never comes: the pause.
      if (errno == EMFILE || errno == ENFILE) WaitFor(stop_, 0, absl::Now() + kAcceptPause);
      continue;
    }
    Serve(connection);
    close(connection);
  }
}

void MetricsEndpoint::Serve(int connection) const {
  std::string request;
  absl::Time until = absl::Now() + options_.patience;
  size_t head = std::string::npos;
  while ((head = request.find("\r\n\r\n")) == std::string::npos) {
    char buffer[1 << 10];
    if (request.size() > options_.max_request_bytes || !WaitFor(connection, POLLIN, until)) return;
    const ssize_t got = recv(connection, buffer, sizeof(buffer), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got <= 0) return;
    request.append(buffer, static_cast<size_t>(got));
  }
  const std::string answer = AnswerMetricsRequest(request.substr(0, head), collect_);
  until = absl::Now() + options_.patience;
  for (size_t sent = 0; sent < answer.size();) {
    if (!WaitFor(connection, POLLOUT, until)) return;
    const ssize_t took = send(connection, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
    if (took < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (took <= 0) return;
    sent += static_cast<size_t>(took);
  }
}

}  // namespace donut
