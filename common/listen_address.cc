#include "common/listen_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace donut {
namespace {

constexpr char kUnixPrefix[] = "unix:";
// Connections that wait to be accepted.
constexpr int kBacklog = 16;

struct HostPort {
  std::string host;
  int port = 0;
};

absl::StatusOr<HostPort> ParseHostPort(const std::string& address) {
  const auto refuse = [&address] {
    return absl::InvalidArgumentError(absl::StrCat(
        "the address \"", address, "\" cannot be read: must be host:port, [ipv6]:port or unix:/path"));
  };
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0) return refuse();
  HostPort result;
  result.host = address.substr(0, colon);
  if (result.host.front() == '[') {
    if (result.host.size() < 3 || result.host.back() != ']') return refuse();
    result.host = result.host.substr(1, result.host.size() - 2);
  } else if (result.host.find(':') != std::string::npos) {
    return refuse();
  }
  const std::string port = address.substr(colon + 1);
  if (port.empty() || port.find_first_not_of("0123456789") != std::string::npos ||
      !absl::SimpleAtoi(port, &result.port) || result.port > 65535) {
    return refuse();
  }
  return result;
}

// A listening socket, or -1 with errno.
int OpenListener(const addrinfo& address) {
  const int descriptor = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -1;
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(descriptor, address.ai_addr, address.ai_addrlen) == 0 && listen(descriptor, kBacklog) == 0) {
    return descriptor;
  }
  const int error = errno;
  close(descriptor);
  errno = error;
  return -1;
}

}  // namespace

bool IsUnixAddress(const std::string& address) { return absl::StartsWith(address, kUnixPrefix); }

bool IsLoopbackAddress(const std::string& address) {
  if (IsUnixAddress(address)) return true;
  const auto parsed = ParseHostPort(address);
  if (!parsed.ok()) return false;
  if (parsed->host == "localhost") return true;
  in_addr ipv4;
  if (inet_pton(AF_INET, parsed->host.c_str(), &ipv4) == 1) return ntohl(ipv4.s_addr) >> 24 == 127;
  in6_addr ipv6;
  return inet_pton(AF_INET6, parsed->host.c_str(), &ipv6) == 1 && IN6_IS_ADDR_LOOPBACK(&ipv6);
}

absl::Status ValidateAddress(const std::string& address) {
  if (IsUnixAddress(address)) {
    if (address.size() > sizeof(kUnixPrefix) - 1) return absl::OkStatus();
    return absl::InvalidArgumentError("the address \"unix:\" lacks the path of the socket");
  }
  return ParseHostPort(address).status();
}

absl::StatusOr<int> ListenOn(const std::string& address) {
  ASSIGN_OR_RETURN(const HostPort parsed, ParseHostPort(address));
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(parsed.host.c_str(), absl::StrCat(parsed.port).c_str(), &hints, &found);
  if (error != 0) return absl::FailedPreconditionError(gai_strerror(error));
  const int descriptor = OpenListener(*found);
  const int reason = errno;
  freeaddrinfo(found);
  if (descriptor >= 0) return descriptor;
  return absl::FailedPreconditionError(reason == EADDRINUSE ? "address in use" : strerror(reason));
}

std::string WhyNotListening(const std::string& address) {
  if (IsUnixAddress(address)) return "the socket file cannot be made there, or is in use";
  const absl::StatusOr<int> listener = ListenOn(address);
  if (!listener.ok()) return std::string(listener.status().message());
  close(*listener);
  return "it could not be bound";
}

}  // namespace donut
