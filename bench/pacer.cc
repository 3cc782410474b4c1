#include "bench/pacer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <ctime>

#include "bench/figures.h"

namespace donut::bench {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

}  // namespace

int64_t SteadyNanoseconds() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

Pacer::Pacer() : timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) {
  if (timer_ < 0) Fail("no timer can be made");
}

Pacer::~Pacer() { close(timer_); }

void Pacer::WaitUntil(int64_t moment) {
  itimerspec due = {};
  due.it_value = {.tv_sec = moment / kSecond, .tv_nsec = moment % kSecond};
  uint64_t expirations = 0;
  if (timerfd_settime(timer_, TFD_TIMER_ABSTIME, &due, nullptr) != 0 ||
      read(timer_, &expirations, sizeof(expirations)) < 0) {
    Fail("the timer does not work");
  }
}

}  // namespace donut::bench
