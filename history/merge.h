// Folds blocks of one project and month into new ones: the same events, sorted by user and event order.
// Bounded: holds one block of output at a time. No gRPC, no database. Pure.
#pragma once

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "history/block.h"
#include "history/block_builder.h"

namespace donut::history {

// `sources` have all their columns and are of `month`. `take` gets each block of the result, in the order of
// users, cut where BlockBuilder::IsFull says so: between users where that is possible, within one's events
// where he alone has more. `keep`: whether an event of this user stays; empty: all stay (erasing a user).
// Stops at the first error of `take`.
absl::Status MergeBlocks(int month, const std::vector<const Block*>& sources,
                         const std::function<bool(int64_t user_id)>& keep,
                         const std::function<absl::Status(EncodedBlock)>& take);

// Columns of an encoded block, decoded again: a block as a reader would have it. For tests and for who goes
// on with what was just written.
absl::StatusOr<Block> Decode(const EncodedBlock& encoded);

}  // namespace donut::history
