#include "common/postgres/history_status.h"

#include "absl/strings/str_cat.h"
#include "common/postgres/transaction.h"
#include "common/status_macros.h"
#include "postgres/statements.h"

namespace donut::postgres {
namespace {

absl::Status RunHistoryTransaction(pqxx::connection& connection, TransactionKind kind,
                                   const std::function<absl::Status(pqxx::transaction_base&)>& body) {
  bool broken = false;
  return RunTransaction(connection, kind, body, broken).status;
}

}  // namespace

absl::StatusOr<HistoryStatus> ReadHistoryStatus(pqxx::connection& connection) {
  HistoryStatus status;
  RETURN_IF_ERROR(RunHistoryTransaction(
      connection, TransactionKind::kReadOnlySnapshot, [&status](pqxx::transaction_base& transaction) {
        for (const pqxx::row& row : transaction.exec(sql::kReadHistoryStatus)) {
          status.partitions.push_back({row[0].as<std::string>(), row[1].as<std::string>(),
                                       row[2].as<int64_t>(), row[3].as<int64_t>(), row[4].as<int64_t>(),
                                       row[5].as<int64_t>(), row[6].as<int64_t>(), row[7].as<int64_t>()});
        }
        status.has_compactor = transaction.exec1(sql::kHasCompactor)[0].as<bool>();
        return absl::OkStatus();
      }));
  return status;
}

absl::StatusOr<std::vector<std::string>> MarkForRebuild(pqxx::connection& connection,
                                                        const std::string& partition, bool all) {
  RETURN_IF_ERROR(RunHistoryTransaction(
      connection, TransactionKind::kReadWrite, [&](pqxx::transaction_base& transaction) -> absl::Status {
        if (partition.empty() && !all) return absl::OkStatus();
        const auto marked = transaction.exec_params(sql::kMarkPartitions, partition, all).affected_rows();
        if (marked > 0) return absl::OkStatus();
        return absl::NotFoundError(absl::StrCat("analytics_events has no partition ", partition));
      }));
  ASSIGN_OR_RETURN(const HistoryStatus status, ReadHistoryStatus(connection));
  std::vector<std::string> by_sql;
  for (const PartitionHistory& one : status.partitions) {
    if (one.state != "packed") by_sql.push_back(one.partition);
  }
  return by_sql;
}

absl::StatusOr<std::vector<std::string>> MarkDiffering(pqxx::connection& connection) {
  std::vector<std::string> differing;
  RETURN_IF_ERROR(RunHistoryTransaction(connection, TransactionKind::kReadWriteSnapshot,
                                        [&differing](pqxx::transaction_base& transaction) {
                                          for (const pqxx::row& row : transaction.exec(sql::kMarkDiffering)) {
                                            differing.push_back(row[0].as<std::string>());
                                          }
                                          return absl::OkStatus();
                                        }));
  return differing;
}

}  // namespace donut::postgres
