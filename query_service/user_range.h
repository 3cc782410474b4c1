// A stretch of the ids of users, both ends included. Ids are keyed hashes, so stretches of equal length have
// about as many users each. Plain data.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace donut::query {

struct UserRange {
  int64_t first = std::numeric_limits<int64_t>::min();
  int64_t last = std::numeric_limits<int64_t>::max();

  bool empty() const { return first > last; }
};

inline UserRange Overlap(const UserRange& a, const UserRange& b) {
  return {std::max(a.first, b.first), std::min(a.last, b.last)};
}

}  // namespace donut::query
