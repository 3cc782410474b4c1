// Waits for moments of a steady clock, precisely enough for an open-loop load: events are due when the
// schedule says so, not when the system is ready for them. Not thread-safe.
#pragma once

#include <cstdint>

namespace donut::bench {

// Nanoseconds of a clock that never goes back; its origin means nothing.
int64_t SteadyNanoseconds();

class Pacer {
 public:
  Pacer();
  ~Pacer();
  Pacer(const Pacer&) = delete;
  Pacer& operator=(const Pacer&) = delete;

  // Returns at once when `moment` has passed.
  void WaitUntil(int64_t moment);

 private:
  const int timer_;
};

}  // namespace donut::bench
