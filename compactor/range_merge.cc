#include "compactor/range_merge.h"

#include <algorithm>
#include <map>

#include "common/status_macros.h"
#include "history/merge.h"

namespace donut::compactor {
namespace {

// At their addresses as long as they are needed: a merge remembers them by these.
using LoadedBlocks = std::map<size_t, history::Block>;

absl::Status LoadPortion(const RangeMerge& merge, const std::vector<size_t>& portion, LoadedBlocks& loaded) {
  std::erase_if(loaded, [&portion](const auto& one) {
    return std::find(portion.begin(), portion.end(), one.first) == portion.end();
  });
  for (const size_t place : portion) {
    if (loaded.count(place) > 0) continue;
    ASSIGN_OR_RETURN(loaded[place], merge.load(place));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status MergeByRanges(const RangeMerge& merge,
                           const std::function<absl::Status(const history::EncodedBlock&)>& take) {
  LoadedBlocks loaded;
  for (const UserRange& range : DivideByUsers(merge.spans, merge.max_memory)) {
    if (merge.is_stopping && merge.is_stopping()) return absl::CancelledError("stopping");
    for (const std::vector<size_t>& portion : Portions(range, merge.spans, merge.max_memory)) {
      RETURN_IF_ERROR(LoadPortion(merge, portion, loaded));
      std::vector<const history::Block*> sources;
      sources.reserve(portion.size());
      for (const size_t place : portion) sources.push_back(&loaded.at(place));
      RETURN_IF_ERROR(history::MergeBlocks(
          merge.month, sources, [&range](int64_t user_id) { return range.Has(user_id); }, take));
    }
  }
  return absl::OkStatus();
}

}  // namespace donut::compactor
