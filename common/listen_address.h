// The texts that say where to listen: host:port, [ipv6]:port, unix:/path. What is wrong with one, who can
// reach it, and why it could not be bound. No state.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace donut {

bool IsUnixAddress(const std::string& address);

// Whether only this machine can reach `address`: a loopback address, "localhost" or a unix socket.
bool IsLoopbackAddress(const std::string& address);

// INVALID_ARGUMENT unless it is host:port, [ipv6]:port or unix:/path.
absl::Status ValidateAddress(const std::string& address);

// A socket that listens on host:port or [ipv6]:port, for the caller to close; of a name with several
// addresses, on the first. FAILED_PRECONDITION with the reason, such as "address in use".
absl::StatusOr<int> ListenOn(const std::string& address);

// For a library that only says that it could not bind: asks the system once more for the reason.
std::string WhyNotListening(const std::string& address);

}  // namespace donut
