// Decides which answers are verified, and for which users: a share of them, drawn at random; not more than
// one at a time, and none while callers wait. What is drawn and cannot be taken is skipped, not kept for
// later: a check must never queue up behind itself. Plain: no thread, no clock, no database. Not thread-safe.
#pragma once

#include <cstdint>
#include <limits>
#include <random>

#include "query_service/user_range.h"

namespace donut::query {

// A question is verified for one of so many stretches of the users' ids: SQL could not do it for all of fifty
// million events in time, and then nothing would ever be verified.
inline constexpr int kUserRangeBits = 6;
inline constexpr int kUserRanges = 1 << kUserRangeBits;

// `number`: from 0 to kUserRanges - 1. Together they are all ids.
inline UserRange UserRangeOf(int number) {
  constexpr int kWidthBits = 64 - kUserRangeBits;
  const uint64_t from_lowest = static_cast<uint64_t>(number) << kWidthBits;
  const uint64_t first = static_cast<uint64_t>(std::numeric_limits<int64_t>::min()) + from_lowest;
  return {static_cast<int64_t>(first), static_cast<int64_t>(first + ((uint64_t{1} << kWidthBits) - 1))};
}

class VerificationChoice {
 public:
  // `share`: from 0 to 1.
  VerificationChoice(double share, uint64_t seed) : share_(share), random_(seed) {}

  // Whether the next answer is to be verified.
  bool Draw() { return share_ > 0 && static_cast<double>(random_() >> 11) * 0x1.0p-53 < share_; }
  // Whether it can be now: then it is at work until Done.
  bool Take(bool callers_wait) {
    if (is_at_work_ || callers_wait) return false;
    is_at_work_ = true;
    return true;
  }
  void Done() { is_at_work_ = false; }
  bool is_at_work() const { return is_at_work_; }

  // The number of a range.
  int DrawUsers() { return static_cast<int>(random_() % kUserRanges); }

 private:
  const double share_;
  std::mt19937_64 random_;
  bool is_at_work_ = false;
};

}  // namespace donut::query
