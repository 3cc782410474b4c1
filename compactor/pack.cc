#include "compactor/pack.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "common/status_macros.h"
#include "compactor/range_merge.h"
#include "compactor/rewriting.h"
#include "compactor/statements.h"
#include "history/merge.h"

namespace donut::compactor {
namespace {

// Of one transaction; a single row may have more.
constexpr int64_t kMaxPackEvents = 4 << 20;
constexpr int64_t kMaxPackBodyBytes = 48 << 20;
constexpr int kMaxPackRows = 20'000;
// Of one statement that reads bodies; libpq has them as hexadecimal digits.
constexpr int64_t kMaxReadBytes = 4 << 20;
// Of a run: fresh rows that are decoded at once. A row takes some kilobytes however few events it has.
constexpr size_t kMaxRunMemory = 64 << 20;
constexpr size_t kRowMemory = 8 << 10;
// Of the blocks of runs, decoded.
constexpr size_t kMaxMergeMemory = 96 << 20;

// Ids of fresh rows, in portions whose bodies are read by one statement.
using Portions = std::vector<std::vector<std::string>>;

Portions ChooseRows(pqxx::transaction_base& transaction, int project_id, int month) {
  Portions portions;
  int64_t events = 0;
  int64_t bytes = 0;
  int64_t portion_bytes = kMaxReadBytes;
  for (const pqxx::row& row : transaction.exec_params(sql::kListFresh, project_id, month, kMaxPackRows)) {
    events += row[1].as<int64_t>();
    bytes += row[2].as<int64_t>();
    if (!portions.empty() && (events > kMaxPackEvents || bytes > kMaxPackBodyBytes)) break;
    portion_bytes += row[2].as<int64_t>();
    if (portion_bytes > kMaxReadBytes) {
      portions.emplace_back();
      portion_bytes = row[2].as<int64_t>();
    }
    portions.back().push_back(row[0].as<std::string>());
  }
  return portions;
}

// Decoded fresh rows, and the blocks that earlier ones became: sorted, encoded, in memory.
class Runs {
 public:
  explicit Runs(int month) : month_(month) {}

  absl::Status Add(history::Block row, size_t body_bytes) {
    const size_t memory = StoredBlock::SpanOf(row.summary, body_bytes).memory + kRowMemory;
    if (!rows_.empty() && memory_ + memory > kMaxRunMemory) RETURN_IF_ERROR(EndRun());
    memory_ += memory;
    rows_.push_back(std::move(row));
    return absl::OkStatus();
  }

  // All that was added, as blocks by users ascending.
  absl::Status Finish(const std::function<absl::Status(const history::EncodedBlock&)>& take) {
    if (blocks_.empty()) return MergeRows(take);
    RETURN_IF_ERROR(EndRun());
    std::stable_sort(blocks_.begin(), blocks_.end(), [](const auto& one, const auto& other) {
      return one.summary.first_user < other.summary.first_user;
    });
    RangeMerge merge;
    merge.month = month_;
    merge.max_memory = kMaxMergeMemory;
    merge.load = [this](size_t place) { return history::Decode(blocks_[place]); };
    for (const history::EncodedBlock& block : blocks_) {
      merge.spans.push_back(StoredBlock::SpanOf(block.summary, block.BodyBytes()));
    }
    return MergeByRanges(merge, take);
  }

 private:
  absl::Status MergeRows(const std::function<absl::Status(const history::EncodedBlock&)>& take) const {
    std::vector<const history::Block*> sources;
    sources.reserve(rows_.size());
    for (const history::Block& row : rows_) sources.push_back(&row);
    return history::MergeBlocks(month_, sources, {}, take);
  }

  absl::Status EndRun() {
    RETURN_IF_ERROR(MergeRows([this](const history::EncodedBlock& block) {
      blocks_.push_back(block);
      return absl::OkStatus();
    }));
    rows_.clear();
    memory_ = 0;
    return absl::OkStatus();
  }

  const int month_;
  std::deque<history::Block> rows_;  // stay at their addresses: a merge remembers them by these
  size_t memory_ = 0;
  std::vector<history::EncodedBlock> blocks_;
};

absl::Status PackRows(pqxx::transaction_base& transaction, int project_id, int month, Packed& packed) {
  std::vector<std::string> ids;
  int64_t events = 0;
  Runs runs(month);
  for (const std::vector<std::string>& portion : ChooseRows(transaction, project_id, month)) {
    for (const pqxx::row& row : transaction.exec_params(sql::kTakeFresh, IdArray(portion))) {
      ASSIGN_OR_RETURN(history::Block block, DecodeFreshRow(row, month));
      ids.push_back(row[0].as<std::string>());
      events += block.summary.event_count;
      RETURN_IF_ERROR(runs.Add(std::move(block), row["body"].size() / 2));
    }
  }
  if (ids.empty()) return absl::OkStatus();
  BlockPlace place;
  place.project_id = project_id;
  place.month = month;
  ASSIGN_OR_RETURN(place.slice_id, MakeId(transaction));
  RETURN_IF_ERROR(runs.Finish([&](const history::EncodedBlock& block) {
    return WriteBlock(transaction, place, block, packed.written);
  }));
  if (packed.written.events != events) return absl::InternalError("packing lost events");
  packed.rows = static_cast<int64_t>(ids.size());
  return CheckAllReplaced(transaction.exec_params(sql::kDeleteFresh, IdArray(ids)).affected_rows(),
                          ids.size());
}

}  // namespace

absl::StatusOr<Packed> PackFresh(pqxx::connection_base& connection, int project_id, int month) {
  Packed packed;
  const absl::Status status =
      RunRewriting(connection, RewritingLock::kShared, [&](pqxx::transaction_base& transaction) {
        packed = {};
        return PackRows(transaction, project_id, month, packed);
      });
  if (absl::IsDataLoss(status)) RETURN_IF_ERROR(MarkMonth(connection, month));
  if (!status.ok()) return status;
  return packed;
}

}  // namespace donut::compactor
