#include "common/mutex.h"

#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace donut {
namespace {

TEST(MutexTest, LetsOneThreadInAtATime) {
  Mutex mutex;
  int count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 10'000; ++k) {
        const MutexLock lock(mutex);
        ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, 40'000);
}

TEST(ConditionVariableTest, AWaitingThreadIsWokenAndHoldsTheLock) {
  Mutex mutex;
  ConditionVariable changed;
  int turn = 0;
  std::thread other([&] {
    const MutexLock lock(mutex);
    while (turn != 1) changed.Wait(mutex);
    turn = 2;
    changed.NotifyAll();
  });
  {
    const MutexLock lock(mutex);
    turn = 1;
    changed.NotifyOne();
    while (turn != 2) EXPECT_TRUE(changed.WaitFor(mutex, absl::InfiniteDuration()));
  }
  other.join();
}

TEST(ConditionVariableTest, GivesUpAfterTheTimeout) {
  Mutex mutex;
  ConditionVariable never;
  const MutexLock lock(mutex);
  const absl::Time before = absl::Now();
  while (never.WaitFor(mutex, absl::Milliseconds(5))) {
  }
  EXPECT_GE(absl::Now() - before, absl::Milliseconds(4));
  while (never.WaitFor(mutex, -absl::Seconds(1))) {
  }
}

}  // namespace
}  // namespace donut
