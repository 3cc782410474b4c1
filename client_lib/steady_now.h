// A clock that never goes back; its origin means nothing. No state.
#pragma once

#include <chrono>

#include "absl/time/time.h"

namespace donut {

inline absl::Time SteadyNow() {
  return absl::UnixEpoch() + absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace donut
