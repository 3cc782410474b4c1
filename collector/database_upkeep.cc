#include "collector/database_upkeep.h"

#include "collector/statements.h"
#include "common/log.h"
#include "common/postgres/installation.h"
#include "common/postgres/transaction.h"
#include "common/status_macros.h"

namespace donut::collector {
namespace {

// After a failure, so that a database in trouble is not asked for more each round.
constexpr absl::Duration kRetryPeriod = absl::Minutes(1);

// A clock that stepped back must not put anything off.
bool IsRecent(const std::optional<absl::Time>& time, absl::Time now, absl::Duration period) {
  return time && now - *time < period && now >= *time;
}

absl::Status Run(pqxx::connection& connection,
                 const std::function<absl::Status(pqxx::transaction_base&)>& body) {
  bool broken = false;
  return postgres::RunTransaction(connection, postgres::TransactionKind::kReadWrite, body, broken).status;
}

}  // namespace

absl::Status DatabaseUpkeep::ExtendPartitions(pqxx::connection& connection) {
  int made = 0;
  RETURN_IF_ERROR(Run(connection, [&](pqxx::transaction_base& transaction) {
    made = transaction.exec(sql::kExtendPartitions)[0][0].as<int>();
    return absl::OkStatus();
  }));
  if (made > 0) Log(Severity::kInfo, "made partitions for the months ahead", {{"count", made}});
  return absl::OkStatus();
}

void DatabaseUpkeep::ExpireLedger(pqxx::connection& connection, absl::Time now) {
  has_more_to_expire_ = false;
  bool more = false;
  const absl::Status status = Run(connection, [&](pqxx::transaction_base& transaction) {
    transaction.exec(sql::kSetUpkeepTimeout);
    more = transaction.exec(sql::kExpireLedger)[0][0].as<bool>();
    return absl::OkStatus();
  });
  if (!status.ok()) {
    Log(Severity::kWarning, "could not delete what is too old, will be tried again",
        {{"error", std::string(status.message())}});
    return;
  }
  has_more_to_expire_ = more;
  if (!more) last_done_ = now;
}

absl::Status DatabaseUpkeep::Check(pqxx::connection& connection) {
  RETURN_IF_ERROR(Run(connection, [&](pqxx::transaction_base& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(const KeyedHash hash, postgres::ReadKeyedHash(transaction));
    hash_->Set(hash);
    return absl::OkStatus();
  }));
  const absl::Time now = clock_->Now();
  if (has_more_to_expire_) {
    ExpireLedger(connection, now);
    return absl::OkStatus();
  }
  if (IsRecent(last_done_, now, period_)) return absl::OkStatus();
  if (has_partitions_ && IsRecent(last_tried_, now, kRetryPeriod)) return absl::OkStatus();

  last_tried_ = now;
  if (absl::Status status = ExtendPartitions(connection); !status.ok()) {
    // Without partitions events of today may have no place. Once they are there they reach months
    // ahead, and a later failure is no reason to stop serving.
    if (!has_partitions_) return status;
    Log(Severity::kWarning, "could not make partitions, will be tried again",
        {{"error", std::string(status.message())}});
    return absl::OkStatus();
  }
  has_partitions_ = true;
  ExpireLedger(connection, now);
  return absl::OkStatus();
}

}  // namespace donut::collector
