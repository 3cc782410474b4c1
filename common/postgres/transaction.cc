#include "common/postgres/transaction.h"

#include <exception>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "common/postgres/postgres_status.h"

namespace donut::postgres {
namespace {

using ReadWrite = pqxx::transaction<pqxx::read_committed, pqxx::read_write>;
using ReadOnlySnapshot = pqxx::transaction<pqxx::repeatable_read, pqxx::read_only>;
using ReadWriteSnapshot = pqxx::transaction<pqxx::repeatable_read, pqxx::read_write>;

// Whether the connection is of no more use after this error. A server that has no disk or memory left
// says so and goes on; one that is going down says so and is gone.
bool MayBeBroken(const absl::Status& status) {
  if (status.code() != absl::StatusCode::kUnavailable) return false;
  const std::optional<std::string> sqlstate = SqlStateOf(status);
  return !sqlstate.has_value() || !absl::StartsWith(*sqlstate, "53");
}

template <typename Transaction>
TransactionResult Run(pqxx::connection_base& connection,
                      const std::function<absl::Status(pqxx::transaction_base&)>& body, bool& broken) {
  TransactionResult result;
  bool committing = false;
  try {
    Transaction transaction(connection);
    result.status = body(transaction);
    if (!result.status.ok()) {
      transaction.abort();
      return result;
    }
    committing = true;
    transaction.commit();
    result.outcome = Outcome::kCommitted;
    return result;
  } catch (const pqxx::in_doubt_error&) {
    broken = true;
    result.status = absl::UnavailableError(
        "the connection to the database was lost inside COMMIT: it is not known whether it took place");
    result.outcome = Outcome::kUnknown;
    return result;
  } catch (const std::exception& exception) {
    const absl::Status status = StatusFromException(exception);
    broken = MayBeBroken(status) || !connection.is_open();
    // The body's own error, when it was the rollback that failed, says more.
    if (result.status.ok()) result.status = status;
  }
  if (committing && broken) result.outcome = Outcome::kUnknown;
  return result;
}

}  // namespace

TransactionResult RunTransaction(pqxx::connection_base& connection, TransactionKind kind,
                                 const std::function<absl::Status(pqxx::transaction_base&)>& body,
                                 bool& broken) {
  broken = false;
  switch (kind) {
    case TransactionKind::kReadOnlySnapshot:
      return Run<ReadOnlySnapshot>(connection, body, broken);
    case TransactionKind::kReadWriteSnapshot:
      return Run<ReadWriteSnapshot>(connection, body, broken);
    case TransactionKind::kReadWrite:
      break;
  }
  return Run<ReadWrite>(connection, body, broken);
}

absl::Status RunSavepoint(pqxx::transaction_base& transaction, const std::function<void()>& body) {
  transaction.exec("SAVEPOINT attempt");
  absl::Status status;
  try {
    body();
  } catch (const std::exception& exception) {
    status = StatusFromException(exception);
  }
  // Throws when the connection is gone: that is the transaction's error, then.
  if (!status.ok()) transaction.exec("ROLLBACK TO SAVEPOINT attempt");
  transaction.exec("RELEASE SAVEPOINT attempt");
  return status;
}

}  // namespace donut::postgres
