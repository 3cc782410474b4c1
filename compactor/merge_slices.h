// Slices to one slice: all blocks of some slices of one project's month are replaced by blocks of one new
// slice, in one transaction, range of users by range of users. No state.
//
// Memory: the blocks of a range (kMergeMemory) and one block that is being made.
#pragma once

#include <functional>
#include <pqxx/pqxx>
#include <vector>

#include "absl/status/statusor.h"
#include "compactor/compaction_plan.h"
#include "compactor/history_rows.h"

namespace donut::compactor {

// Of decoded blocks at once, by StoredBlock::MemoryBound.
inline constexpr size_t kMergeMemory = 128 << 20;

// ABORTED: another compactor was faster; later again. DATA_LOSS: a block is damaged; the month is marked, so
// it will be rebuilt. CANCELLED: `is_stopping` said so between two ranges; nothing has happened.
absl::StatusOr<Written> MergeSlices(pqxx::connection_base& connection, int project_id, int month,
                                    const std::vector<Slice>& slices,
                                    const std::function<bool()>& is_stopping,
                                    size_t max_memory = kMergeMemory);

}  // namespace donut::compactor
