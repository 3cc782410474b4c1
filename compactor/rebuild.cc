#include "compactor/rebuild.h"

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "compactor/event_time.h"
#include "compactor/partition_packer.h"
#include "compactor/rewriting.h"
#include "compactor/statements.h"

namespace donut::compactor {
namespace {

// An event has at most some 30 kB.
constexpr int kFetchRows = 2'000;
constexpr int64_t kProgressEvents = 50'000;

history::EventKey KeyOf(const pqxx::row& row) {
  history::EventKey key;
  key.user_id = row[1].as<int64_t>();
  key.time_us = row[2].as<int64_t>();
  key.event_name_id = row[3].as<int32_t>();
  if (!row[4].is_null()) key.session_id = row[4].as<int64_t>();
  key.producer_no = row[5].as<int32_t>();
  key.sequence = row[6].as<int64_t>();
  return key;
}

bool HasEvents(pqxx::transaction_base& transaction, int from_month, int to_month) {
  return transaction.exec_params1(sql::kHasEvents, StartOfMonth(from_month), StartOfMonth(to_month))[0]
      .as<bool>();
}

// Adds the month's number of events.
absl::Status PackMonth(pqxx::transaction_base& transaction, int month, PartitionPacker& packer,
                       const RebuildHooks& hooks, int64_t& events) {
  transaction.exec_params(sql::kDeclareEvents, StartOfMonth(month), StartOfMonth(month + 1));
  const std::string fetch = absl::StrCat("FETCH ", kFetchRows, " FROM events");
  while (true) {
    const pqxx::result rows = transaction.exec(fetch);
    if (rows.empty()) break;
    for (const pqxx::row& row : rows) {
      RETURN_IF_ERROR(packer.Add(row[0].as<int>(), month, KeyOf(row), row[7].c_str()));
    }
    const int64_t before = events / kProgressEvents;
    events += static_cast<int64_t>(rows.size());
    if (hooks.is_stopping && hooks.is_stopping()) return absl::CancelledError("stopping");
    if (hooks.on_progress && events / kProgressEvents > before) hooks.on_progress(events);
  }
  transaction.exec("CLOSE events");
  return absl::OkStatus();
}

absl::Status Rebuild(pqxx::transaction_base& transaction, const std::string& partition,
                     const RebuildHooks& hooks, Written& written) {
  transaction.exec(sql::kPrepareRebuild);
  const pqxx::row found = transaction.exec_params1(sql::kFindPartition, partition);
  if (found[0].is_null()) return absl::NotFoundError(absl::StrCat("there is no partition ", partition));
  const int from_month = found[0].as<int>();
  const int to_month = found[1].as<int>();
  const std::string filenode = found[2].as<std::string>();
  transaction.exec_params(sql::kClearMonths, from_month, to_month);
  PartitionPacker packer(transaction, written);
  int64_t events = 0;
  // Most partitions are of a year without an event.
  const int end = HasEvents(transaction, from_month, to_month) ? to_month : from_month;
  for (int month = from_month; month < end; ++month) {
    RETURN_IF_ERROR(PackMonth(transaction, month, packer, hooks, events));
  }
  RETURN_IF_ERROR(packer.Finish());
  if (written.events != events) return absl::InternalError("packing lost events");
  transaction.exec_params(sql::kMarkPacked, partition, from_month, to_month, filenode);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Written> RebuildPartition(pqxx::connection_base& connection, const std::string& partition,
                                         const RebuildHooks& hooks) {
  Written written;
  RETURN_IF_ERROR(
      RunRewriting(connection, RewritingLock::kExclusive, [&](pqxx::transaction_base& transaction) {
        written = {};
        return Rebuild(transaction, partition, hooks, written);
      }));
  return written;
}

absl::Status ForgetPartition(pqxx::connection_base& connection, const std::string& partition) {
  return RunRewriting(connection, RewritingLock::kExclusive, [&](pqxx::transaction_base& transaction) {
    if (!transaction.exec_params1(sql::kFindPartition, partition)[0].is_null()) return absl::OkStatus();
    const pqxx::result gone = transaction.exec_params(sql::kForgetPartition, partition);
    if (!gone.empty()) {
      transaction.exec_params(sql::kClearMonths, gone[0][0].as<int>(), gone[0][1].as<int>());
    }
    return absl::OkStatus();
  });
}

}  // namespace donut::compactor
