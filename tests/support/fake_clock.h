// A clock that stands still until a test moves it. Thread-safe.
#pragma once

#include "absl/time/time.h"
#include "common/clock.h"
#include "common/mutex.h"

namespace donut::testing {

class FakeClock : public Clock {
 public:
  // 2024-01-31 12:00:00 UTC unless told otherwise.
  explicit FakeClock(absl::Time now = absl::FromUnixSeconds(1706702400)) : now_(now) {}

  absl::Time Now() const override {
    MutexLock lock(mutex_);
    return now_;
  }
  void Advance(absl::Duration duration) {
    MutexLock lock(mutex_);
    now_ += duration;
  }
  void Set(absl::Time now) {
    MutexLock lock(mutex_);
    now_ = now;
  }

 private:
  mutable Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace donut::testing
