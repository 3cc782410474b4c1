// How long to wait before the next attempt: doubles from `first` to `most`, with
// jitter of half of it so that many clients do not come back together.
// No thread, no clock. Not thread-safe.
#pragma once

#include "absl/random/random.h"
#include "absl/time/time.h"

namespace donut {

class Backoff {
 public:
  Backoff(absl::Duration first, absl::Duration most) : first_(first), most_(most), next_(first) {}

  // The wait before the next attempt, between half of the current step and the whole.
  absl::Duration Next() {
    const absl::Duration step = next_;
    next_ = std::min(next_ * 2, most_);
    return step * absl::Uniform(random_, 0.5, 1.0);
  }
  // After a success.
  void Reset() { next_ = first_; }

 private:
  const absl::Duration first_;
  const absl::Duration most_;
  absl::Duration next_;
  absl::BitGen random_;
};

}  // namespace donut
