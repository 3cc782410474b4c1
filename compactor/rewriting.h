// The transaction that everything which rewrites histories runs in, and the errors that it may end with. The
// order of its first statements is what makes it exact (docs/adr, migrations/0008): LOCK TABLE, then whatever
// takes the snapshot, so that the snapshot has what all rewriters before left. No state; a connection is used
// by one thread at a time.
#pragma once

#include <functional>
#include <pqxx/pqxx>

#include "absl/status/status.h"

namespace donut::compactor {

enum class RewritingLock {
  kShared,     // packing and merging: side by side with others of the kind
  kExclusive,  // rebuilding and dropping: alone
};

// `body` runs in REPEATABLE READ after the lock. Committed when it returns OK. ABORTED: another rewriter was
// in the way (also when a row to replace is gone); nothing has happened, and it is tried again later. Others
// as postgres_status.h says.
absl::Status RunRewriting(pqxx::connection_base& connection, RewritingLock lock,
                          const std::function<absl::Status(pqxx::transaction_base&)>& body);

// ABORTED unless `affected` is `expected`: another transaction replaced some of the rows, so this one must
// not commit what it made of them.
absl::Status CheckAllReplaced(size_t affected, size_t expected);

}  // namespace donut::compactor
