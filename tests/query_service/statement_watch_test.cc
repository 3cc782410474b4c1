#include "query_service/statement_watch.h"

#include <atomic>
#include <thread>

#include "gtest/gtest.h"

namespace donut::query {
namespace {

void WaitFor(const std::atomic<int>& count, int at_least) {
  const absl::Time limit = absl::Now() + absl::Seconds(20);
  while (count < at_least && absl::Now() < limit) std::this_thread::yield();
}

TEST(StatementWatchTest, CancelsOnceWhenAbandoned) {
  StatementWatch watch(absl::Microseconds(100));
  std::atomic<int> looks = 0;
  std::atomic<int> cancels = 0;
  StatementWatch::Watched watched(
      &watch,
      [&] {
        ++looks;
        return true;
      },
      [&] { ++cancels; });
  WaitFor(cancels, 1);
  std::atomic<int> other_looks = 0;
  StatementWatch::Watched other(
      &watch,
      [&] {
        ++other_looks;
        return false;
      },
      [] { FAIL() << "nobody abandoned this one"; });
  WaitFor(other_looks, 3);
  EXPECT_TRUE(watched.End());
  EXPECT_FALSE(other.End());
  EXPECT_EQ(cancels, 1);
  EXPECT_EQ(looks, 1);
}

TEST(StatementWatchTest, LooksNoMoreAfterTheEnd) {
  StatementWatch watch(absl::Microseconds(100));
  std::atomic<int> looks = 0;
  {
    StatementWatch::Watched watched(
        &watch,
        [&] {
          ++looks;
          return false;
        },
        [] {});
    WaitFor(looks, 1);
    EXPECT_FALSE(watched.End());
    looks = 0;
  }
  std::atomic<int> other_looks = 0;
  StatementWatch::Watched other(
      &watch,
      [&] {
        ++other_looks;
        return false;
      },
      [] {});
  WaitFor(other_looks, 3);
  EXPECT_EQ(looks, 0);
}

}  // namespace
}  // namespace donut::query
