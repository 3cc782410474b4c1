// Runs a function in a transaction and turns every pqxx exception into a status:
// the only place that catches them.
#pragma once

#include <functional>
#include <pqxx/pqxx>

#include "absl/status/status.h"
#include "common/postgres/outcome.h"

namespace donut::postgres {

enum class TransactionKind {
  kReadWrite,         // READ COMMITTED
  kReadOnlySnapshot,  // REPEATABLE READ, READ ONLY: all statements see the same rows
  // REPEATABLE READ. The snapshot is that of the first statement that reads: a LOCK TABLE before it takes
  // none.
  kReadWriteSnapshot,
};

struct TransactionResult {
  absl::Status status;
  Outcome outcome = Outcome::kRolledBack;
};

// Calls `body` with an open transaction and commits when it returns OK. Errors of
// the database come back as postgres_status.h maps them. `broken` is set when the connection
// has to be replaced.
TransactionResult RunTransaction(pqxx::connection_base& connection, TransactionKind kind,
                                 const std::function<absl::Status(pqxx::transaction_base&)>& body,
                                 bool& broken);

// Runs `body` within an open transaction, which stays usable when the database refuses: then nothing of
// it has happened, and its error comes back. In `body` only exec_params: when a plain exec fails, pqxx ends
// the transaction itself.
absl::Status RunSavepoint(pqxx::transaction_base& transaction, const std::function<void()>& body);

}  // namespace donut::postgres
