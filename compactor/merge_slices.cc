#include "compactor/merge_slices.h"

#include <algorithm>
#include <map>
#include <string>

#include "common/status_macros.h"
#include "compactor/rewriting.h"
#include "compactor/user_ranges.h"
#include "history/merge.h"

namespace donut::compactor {
namespace {

struct MergeJob {
  BlockPlace place;
  const std::vector<StoredBlock>& stored;
  std::vector<UserSpan> spans;
};

// Reads what a portion of a range needs and is not there yet; forgets what is behind.
absl::Status LoadPortion(pqxx::transaction_base& transaction, const MergeJob& job,
                         const std::vector<size_t>& portion, std::map<size_t, history::Block>& loaded) {
  std::erase_if(loaded, [&portion](const auto& one) {
    return std::find(portion.begin(), portion.end(), one.first) == portion.end();
  });
  for (const size_t place : portion) {
    if (loaded.count(place) > 0) continue;
    ASSIGN_OR_RETURN(loaded[place], ReadBlock(transaction, job.stored[place]));
  }
  return absl::OkStatus();
}

absl::Status MergeRanges(pqxx::transaction_base& transaction, const MergeJob& job, size_t max_memory,
                         const std::function<bool()>& is_stopping, Written& written) {
  std::map<size_t, history::Block> loaded;
  for (const UserRange& range : DivideByUsers(job.spans, max_memory)) {
    if (is_stopping && is_stopping()) return absl::CancelledError("stopping");
    for (const std::vector<size_t>& portion : Portions(range, job.spans, max_memory)) {
      RETURN_IF_ERROR(LoadPortion(transaction, job, portion, loaded));
      std::vector<const history::Block*> sources;
      sources.reserve(portion.size());
      for (const size_t place : portion) sources.push_back(&loaded.at(place));
      RETURN_IF_ERROR(history::MergeBlocks(
          job.place.month, sources, [&range](int64_t user_id) { return range.Has(user_id); },
          [&](const history::EncodedBlock& block) {
            return WriteBlock(transaction, job.place, block, written);
          }));
    }
  }
  return absl::OkStatus();
}

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
  MergeJob job{place, stored, {}};
  std::vector<std::string> ids;
  for (const StoredBlock& block : stored) {
    job.spans.push_back({block.summary.first_user, block.summary.last_user, block.MemoryBound()});
    ids.push_back(block.id);
  }
  RETURN_IF_ERROR(MergeRanges(transaction, job, max_memory, is_stopping, written));
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
