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

// How often is asked whether there are new statistics to make; how long they are left alone after a failure,
// which is most likely that the partitions are too many for the time that a round has.
constexpr absl::Duration kStatisticsPeriod = absl::Minutes(1);
constexpr absl::Duration kStatisticsRetryPeriod = absl::Hours(24);

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

void DatabaseUpkeep::MakeStatistics(pqxx::connection& connection, absl::Time now) {
  if (IsRecent(statistics_asked_, now, statistics_period_)) return;
  statistics_asked_ = now;
  bool made = false;
  const absl::Status status = Run(connection, [&](pqxx::transaction_base& transaction) {
    transaction.exec(sql::kSetUpkeepTimeout);
    made = transaction.exec(sql::kAnalyzeEvents)[0][0].as<bool>();
    return absl::OkStatus();
  });
  statistics_period_ = status.ok() ? kStatisticsPeriod : kStatisticsRetryPeriod;
  if (!status.ok()) {
    Log(Severity::kWarning,
        "could not make statistics of all events, will be tried again tomorrow; "
        "queries may be slow until somebody runs ANALYZE analytics_events",
        {{"error", std::string(status.message())}});
  } else if (made) {
    Log(Severity::kInfo, "made statistics of all events");
  }
}

absl::Status DatabaseUpkeep::Check(pqxx::connection& connection) {
  RETURN_IF_ERROR(Run(connection, [&](pqxx::transaction_base& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(const KeyedHash hash, postgres::ReadKeyedHash(transaction));
    hash_->Set(hash);
    return absl::OkStatus();
  }));
  const absl::Time now = clock_->Now();
  RETURN_IF_ERROR(DoHourlyWork(connection, now));
  MakeStatistics(connection, now);
  return absl::OkStatus();
}

absl::Status DatabaseUpkeep::DoHourlyWork(pqxx::connection& connection, absl::Time now) {
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
