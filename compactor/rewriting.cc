#include "compactor/rewriting.h"

#include "common/postgres/transaction.h"
#include "compactor/statements.h"

namespace donut::compactor {

absl::Status RunRewriting(pqxx::connection_base& connection, RewritingLock lock,
                          const std::function<absl::Status(pqxx::transaction_base&)>& body) {
  bool broken = false;
  return postgres::RunTransaction(
             connection, postgres::TransactionKind::kReadWriteSnapshot,
             [lock, &body](pqxx::transaction_base& transaction) {
               transaction.exec(lock == RewritingLock::kShared ? sql::kLockRewriting : sql::kLockRebuilding);
               return body(transaction);
             },
             broken)
      .status;
}

absl::Status CheckAllReplaced(size_t affected, size_t expected) {
  if (affected == expected) return absl::OkStatus();
  return absl::AbortedError("another compactor replaced some of the rows first");
}

}  // namespace donut::compactor
