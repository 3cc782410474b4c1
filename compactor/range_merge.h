// Merges more blocks than fit into memory: range of users by range of users (user_ranges.h), each with the
// blocks that reach into it, which are loaded when they are needed and forgotten after. Pure, but for the
// functions that it is given.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "compactor/user_ranges.h"
#include "history/block.h"
#include "history/block_builder.h"

namespace donut::compactor {

struct RangeMerge {
  int month = 0;
  // Of the blocks, ascending by first user.
  std::vector<UserSpan> spans;
  // Block `place` with all of its columns; may be called more than once.
  std::function<absl::StatusOr<history::Block>(size_t place)> load;
  size_t max_memory = 0;
  // Asked between ranges; then CANCELLED. May be empty.
  std::function<bool()> is_stopping;
};

// `take` gets the result, by users ascending. Stops at the first error.
absl::Status MergeByRanges(const RangeMerge& merge,
                           const std::function<absl::Status(const history::EncodedBlock&)>& take);

}  // namespace donut::compactor
