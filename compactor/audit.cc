#include "compactor/audit.h"

#include "common/postgres/transaction.h"
#include "common/status_macros.h"
#include "compactor/event_time.h"
#include "compactor/history_rows.h"
#include "compactor/statements.h"

namespace donut::compactor {
namespace {

struct CountedPartition {
  std::string name;
  int from_month = 0;
  int to_month = 0;
};

absl::StatusOr<std::vector<CountedPartition>> ListPacked(pqxx::connection_base& connection) {
  std::vector<CountedPartition> partitions;
  bool broken = false;
  RETURN_IF_ERROR(
      postgres::RunTransaction(
          connection, postgres::TransactionKind::kReadOnlySnapshot,
          [&partitions](pqxx::transaction_base& transaction) {
            for (const pqxx::row& row : transaction.exec(sql::kListPacked)) {
              partitions.push_back({row[0].as<std::string>(), row[1].as<int>(), row[2].as<int>()});
            }
            return absl::OkStatus();
          },
          broken)
          .status);
  return partitions;
}

// Whether both have as many in one snapshot. A partition that was truncated since is not the auditor's
// matter: its file is another one, so it is rebuilt anyway.
absl::StatusOr<bool> IsEqual(pqxx::connection_base& connection, const CountedPartition& partition) {
  bool equal = false;
  bool broken = false;
  RETURN_IF_ERROR(postgres::RunTransaction(
                      connection, postgres::TransactionKind::kReadOnlySnapshot,
                      [&](pqxx::transaction_base& transaction) {
                        transaction.exec("SET LOCAL statement_timeout = 0");
                        const pqxx::row row = transaction.exec_params1(
                            sql::kCountPartition, partition.from_month, partition.to_month,
                            StartOfMonth(partition.from_month), StartOfMonth(partition.to_month));
                        equal = row[0].as<int64_t>() == row[1].as<int64_t>();
                        return absl::OkStatus();
                      },
                      broken)
                      .status);
  return equal;
}

}  // namespace

absl::StatusOr<AuditReport> AuditPartitions(pqxx::connection_base& connection,
                                            const std::function<bool()>& is_stopping) {
  AuditReport report;
  ASSIGN_OR_RETURN(const std::vector<CountedPartition> partitions, ListPacked(connection));
  for (const CountedPartition& partition : partitions) {
    if (is_stopping && is_stopping()) return absl::CancelledError("stopping");
    ASSIGN_OR_RETURN(const bool equal, IsEqual(connection, partition));
    ++report.partitions;
    if (equal) continue;
    report.differing.push_back(partition.name);
    RETURN_IF_ERROR(MarkMonth(connection, partition.from_month));
  }
  return report;
}

}  // namespace donut::compactor
