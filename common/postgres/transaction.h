// Runs a function in a transaction and turns every pqxx exception into a status:
// the only place that catches them.
#pragma once

#include <functional>
#include <pqxx/pqxx>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/postgres/connection_pool.h"

namespace donut::postgres {

enum class TransactionKind {
  kReadWrite,         // READ COMMITTED
  kReadOnlySnapshot,  // REPEATABLE READ, READ ONLY: all statements see the same rows
};

// What became of a transaction that ended in an error.
enum class Outcome {
  kCommitted,
  kRolledBack,
  kUnknown,  // the connection was lost inside COMMIT
};

struct TransactionResult {
  absl::Status status;
  Outcome outcome = Outcome::kRolledBack;
};

// Calls `body` with an open transaction and commits when it returns OK. Errors of
// the database come back as postgres_status.h maps them. After an error that may have
// broken the connection the lease is discarded.
TransactionResult RunTransaction(ConnectionPool::Lease& lease, TransactionKind kind,
                                 const std::function<absl::Status(pqxx::transaction_base&)>& body);

// The same on a connection of the caller's own. `broken` is set when it has to be
// replaced.
TransactionResult RunTransaction(pqxx::connection& connection, TransactionKind kind,
                                 const std::function<absl::Status(pqxx::transaction_base&)>& body,
                                 bool& broken);

}  // namespace donut::postgres
