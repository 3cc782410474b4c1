#include "compactor/user_ranges.h"

#include <algorithm>
#include <limits>

namespace donut::compactor {

std::vector<UserRange> DivideByUsers(const std::vector<UserSpan>& spans, size_t max_memory) {
  std::vector<UserRange> ranges;
  // Those that reach into the range which is being made.
  std::vector<size_t> open;
  size_t memory = 0;
  int64_t first_user = spans.empty() ? 0 : spans.front().first_user;
  const auto close = [&](int64_t next_first) {
    ranges.push_back({first_user, next_first - 1, open});
    std::erase_if(open, [&](size_t place) { return spans[place].last_user < next_first; });
    memory = 0;
    for (const size_t place : open) memory += spans[place].memory;
    first_user = next_first;
  };
  for (size_t i = 0; i < spans.size(); ++i) {
    const int64_t next_first = spans[i].first_user;
    if (!open.empty() && next_first > first_user && memory + spans[i].memory > max_memory) close(next_first);
    open.push_back(i);
    memory += spans[i].memory;
  }
  if (!open.empty()) ranges.push_back({first_user, std::numeric_limits<int64_t>::max(), open});
  return ranges;
}

std::vector<std::vector<size_t>> Portions(const UserRange& range, const std::vector<UserSpan>& spans,
                                          size_t max_memory) {
  std::vector<std::vector<size_t>> portions;
  size_t memory = 0;
  for (const size_t place : range.blocks) {
    if (portions.empty() || memory + spans[place].memory > max_memory) {
      portions.emplace_back();
      memory = 0;
    }
    portions.back().push_back(place);
    memory += spans[place].memory;
  }
  return portions;
}

}  // namespace donut::compactor
