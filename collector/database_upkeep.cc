#include "collector/database_upkeep.h"

#include "collector/statements.h"
#include "common/log.h"
#include "common/postgres/installation.h"
#include "common/postgres/transaction.h"
#include "common/status_macros.h"

namespace donut::collector {
namespace {

absl::Status Run(pqxx::connection& connection,
                 const std::function<absl::Status(pqxx::transaction_base&)>& body) {
  bool broken = false;
  return postgres::RunTransaction(connection, postgres::TransactionKind::kReadWrite, body, broken).status;
}

}  // namespace

absl::Status DatabaseUpkeep::Check(pqxx::connection& connection) {
  RETURN_IF_ERROR(Run(connection, [&](pqxx::transaction_base& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(const KeyedHash hash, postgres::ReadKeyedHash(transaction));
    hash_->Set(hash);
    return absl::OkStatus();
  }));
  const absl::Time now = clock_->Now();
  // A clock that stepped back must not put it off.
  if (last_done_ && now - *last_done_ < period_ && now >= *last_done_) return absl::OkStatus();

  int made = 0;
  absl::Status status = Run(connection, [&](pqxx::transaction_base& transaction) {
    made = transaction.exec(sql::kExtendPartitions)[0][0].as<int>();
    return absl::OkStatus();
  });
  if (made > 0) Log(Severity::kInfo, "made partitions for the months ahead", {{"count", made}});
  if (status.ok()) {
    status = Run(connection, [&](pqxx::transaction_base& transaction) {
      transaction.exec(sql::kExpireLedger);
      return absl::OkStatus();
    });
  }
  if (status.ok()) {
    last_done_ = now;
    failure_logged_ = false;
    return status;
  }
  if (!last_done_) return status;
  // The partitions reach months ahead: no reason to stop serving.
  if (!failure_logged_) {
    Log(Severity::kWarning, "upkeep of partitions and ledger failed, will be tried again",
        {{"error", std::string(status.message())}});
  }
  failure_logged_ = true;
  return absl::OkStatus();
}

}  // namespace donut::collector
