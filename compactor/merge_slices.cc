#include "compactor/merge_slices.h"

#include <algorithm>
#include <string>

#include "common/status_macros.h"
#include "compactor/range_merge.h"
#include "compactor/rewriting.h"

namespace donut::compactor {
namespace {

absl::Status Merge(pqxx::transaction_base& transaction, BlockPlace place, const std::vector<Slice>& slices,
                   size_t max_memory, const std::function<bool()>& is_stopping, Written& written) {
  std::vector<std::string> slice_ids;
  int64_t blocks = 0;
  int64_t events = 0;
  for (const Slice& slice : slices) {
    slice_ids.push_back(slice.id);
    blocks += slice.blocks;
    events += slice.events;
    place.level = std::max(place.level, slice.level + 1);
  }
  ASSIGN_OR_RETURN(const std::vector<StoredBlock> stored,
                   TakeBlocks(transaction, place.project_id, place.month, slice_ids, blocks));
  ASSIGN_OR_RETURN(place.slice_id, MakeId(transaction));
  std::vector<std::string> ids;
  RangeMerge merge;
  merge.month = place.month;
  merge.max_memory = max_memory;
  merge.is_stopping = is_stopping;
  merge.load = [&](size_t block) { return ReadBlock(transaction, stored[block]); };
  for (const StoredBlock& block : stored) {
    ids.push_back(block.id);
    merge.spans.push_back(block.Span());
  }
  RETURN_IF_ERROR(MergeByRanges(merge, [&](const history::EncodedBlock& block) {
    return WriteBlock(transaction, place, block, written);
  }));
  if (written.events != events)
    return absl::DataLossError("blocks have other numbers of events than they say");
  return DeleteBlocks(transaction, ids);
}

}  // namespace

absl::StatusOr<Written> MergeSlices(pqxx::connection_base& connection, int project_id, int month,
                                    const std::vector<Slice>& slices,
                                    const std::function<bool()>& is_stopping, size_t max_memory) {
  Written written;
  const absl::Status status =
      RunRewriting(connection, RewritingLock::kShared, [&](pqxx::transaction_base& transaction) {
        written = {};
        BlockPlace place;
        place.project_id = project_id;
        place.month = month;
        return Merge(transaction, place, slices, max_memory, is_stopping, written);
      });
  if (absl::IsDataLoss(status)) RETURN_IF_ERROR(MarkMonth(connection, month));
  if (!status.ok()) return status;
  return written;
}

}  // namespace donut::compactor
