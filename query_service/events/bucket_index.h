// Which of ascending stretches of time an instant lies in, by a table over quarters of an hour: every offset
// of the time zone database since 1972 is whole quarters, so that nearly all bounds are, too. A bound within
// a quarter is looked for. Immutable, so thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "history/month.h"

namespace donut::query {

class BucketIndex {
 public:
  // `bounds_us` ascend; equal ones are allowed.
  explicit BucketIndex(std::vector<int64_t> bounds_us);

  // How many bounds are not later than this: 0 before the first one.
  int Find(int64_t time_us) const {
    if (time_us < first_) return 0;
    const auto quarter = static_cast<size_t>((time_us - first_) / history::kQuarterUs);
    if (quarter >= table_.size()) return Search(time_us);
    const int32_t found = table_[quarter];
    return found >= 0 ? found : Search(time_us);
  }

  const std::vector<int64_t>& bounds_us() const { return bounds_; }

 private:
  // A table of 4 MiB spans thirty years.
  static constexpr int64_t kMostQuarters = 1 << 20;

  int Search(int64_t time_us) const {
    return static_cast<int>(std::upper_bound(bounds_.begin(), bounds_.end(), time_us) - bounds_.begin());
  }

  const std::vector<int64_t> bounds_;
  int64_t first_ = 0;
  // By quarters since the first bound: the answer; -1: search.
  std::vector<int32_t> table_;
};

}  // namespace donut::query
