// Divides blocks that are to be merged into ranges of users, so that the blocks of one range fit into memory:
// no more than those are loaded at once, however large a month is. A block may reach into several ranges;
// each takes the users that are its own. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace donut::compactor {

// A block as far as it matters here.
struct UserSpan {
  int64_t first_user = 0;
  int64_t last_user = 0;
  size_t memory = 0;
};

struct UserRange {
  int64_t first_user = 0;
  int64_t last_user = 0;  // inclusive
  // Places of the blocks that reach into it, ascending.
  std::vector<size_t> blocks;

  bool Has(int64_t user_id) const { return user_id >= first_user && user_id <= last_user; }
};

// `spans` ascend by first_user. The ranges ascend and have every user of every span once. The blocks of a
// range take at most `max_memory`, unless those that have one and the same user take more.
std::vector<UserRange> DivideByUsers(const std::vector<UserSpan>& spans, size_t max_memory);

// The blocks of a range in portions of at most `max_memory`, at least one in each. More than one only where
// that many blocks have the same user: then what is made of the portions overlaps, which readers add up.
std::vector<std::vector<size_t>> Portions(const UserRange& range, const std::vector<UserSpan>& spans,
                                          size_t max_memory);

}  // namespace donut::compactor
