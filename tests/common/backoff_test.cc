#include "common/backoff.h"

#include "gtest/gtest.h"

namespace donut {
namespace {

TEST(BackoffTest, DoublesUpToTheMostWithJitterOfHalf) {
  // Random: so many times over.
  for (int round = 0; round < 100; ++round) {
    Backoff backoff(absl::Seconds(1), absl::Seconds(5));
    for (const int step : {1, 2, 4, 5, 5}) {
      const absl::Duration wait = backoff.Next();
      EXPECT_GE(wait, absl::Seconds(step) / 2);
      EXPECT_LE(wait, absl::Seconds(step));
    }
  }
}

TEST(BackoffTest, StartsAgainAfterReset) {
  Backoff backoff(absl::Seconds(1), absl::Hours(1));
  for (int i = 0; i < 8; ++i) backoff.Next();
  backoff.Reset();
  EXPECT_LE(backoff.Next(), absl::Seconds(1));
}

TEST(BackoffTest, TwoOfThemDoNotMarchInStep) {
  Backoff one(absl::Hours(1), absl::Hours(1));
  Backoff other(absl::Hours(1), absl::Hours(1));
  EXPECT_NE(one.Next(), other.Next());
}

}  // namespace
}  // namespace donut
