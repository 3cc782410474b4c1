// Lets so many log lines pass per minute and counts the others, so that a thousand
// broken clients cannot fill the disk. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "common/mutex.h"

namespace donut::collector {

class LogGate {
 public:
  explicit LogGate(int lines_per_minute) : lines_per_minute_(lines_per_minute) {}

  // nullopt: do not log. Else how many were held back since the last one that passed.
  std::optional<int64_t> Pass(absl::Time now) {
    MutexLock lock(mutex_);
    // A clock that stepped back opens the gate too.
    if (now - window_start_ >= absl::Minutes(1) || now < window_start_) {
      window_start_ = now;
      passed_ = 0;
    }
    if (passed_ >= lines_per_minute_) {
      ++held_back_;
      return std::nullopt;
    }
    ++passed_;
    const int64_t held_back = held_back_;
    held_back_ = 0;
    return held_back;
  }

 private:
  const int lines_per_minute_;
  Mutex mutex_;
  absl::Time window_start_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  int passed_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t held_back_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace donut::collector
