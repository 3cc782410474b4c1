// Lets a warning through, then none for a while. No thread, no clock. Not thread-safe.
#pragma once

#include "absl/time/time.h"

namespace donut {

class WarningLimiter {
 public:
  explicit WarningLimiter(absl::Duration pause) : pause_(pause) {}
  bool Allows(absl::Time now) {
    if (now < next_) return false;
    next_ = now + pause_;
    return true;
  }

 private:
  const absl::Duration pause_;
  absl::Time next_ = absl::InfinitePast();
};

}  // namespace donut
