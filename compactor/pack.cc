#include "compactor/pack.h"

#include <deque>
#include <vector>

#include "common/status_macros.h"
#include "compactor/rewriting.h"
#include "compactor/statements.h"
#include "history/merge.h"

namespace donut::compactor {
namespace {

// Of one transaction. Decoded an event takes some 40 bytes and its share of the dictionaries: 64 MiB are
// rarely reached. A single row may have more: as much as a group of the collector has.
constexpr int64_t kMaxPackEvents = 512 << 10;
constexpr int64_t kMaxPackBodyBytes = 16 << 20;
constexpr int kMaxPackRows = 4'000;
// Of one statement that reads bodies; libpq has them as hexadecimal digits.
constexpr int64_t kMaxReadBytes = 4 << 20;

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

absl::Status PackRows(pqxx::transaction_base& transaction, int project_id, int month, Packed& packed) {
  std::vector<std::string> ids;
  // At their addresses until the end: what has been read of them is remembered by these.
  std::deque<history::Block> blocks;
  int64_t events = 0;
  for (const std::vector<std::string>& portion : ChooseRows(transaction, project_id, month)) {
    for (const pqxx::row& row : transaction.exec_params(sql::kTakeFresh, IdArray(portion))) {
      ASSIGN_OR_RETURN(history::Block block, DecodeFreshRow(row, month));
      ids.push_back(row[0].as<std::string>());
      events += block.summary.event_count;
      blocks.push_back(std::move(block));
    }
  }
  if (ids.empty()) return absl::OkStatus();
  std::vector<const history::Block*> sources;
  sources.reserve(blocks.size());
  for (const history::Block& block : blocks) sources.push_back(&block);
  BlockPlace place;
  place.project_id = project_id;
  place.month = month;
  ASSIGN_OR_RETURN(place.slice_id, MakeId(transaction));
  RETURN_IF_ERROR(history::MergeBlocks(month, sources, {}, [&](const history::EncodedBlock& block) {
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
