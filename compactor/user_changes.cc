#include "compactor/user_changes.h"

#include "compactor/rewriting.h"
#include "compactor/statements.h"

namespace donut::compactor {

absl::Status FoldUserChanges(pqxx::connection_base& connection) {
  return RunRewriting(connection, RewritingLock::kShared, [](pqxx::transaction_base& transaction) {
    const pqxx::result projects = transaction.exec_params(sql::kListUserChanges, 2 * kFoldedUserChanges);
    for (const pqxx::row& project : projects) {
      transaction.exec_params(sql::kFoldUserChanges, project[0].as<int>(), kFoldedUserChanges);
    }
    return absl::OkStatus();
  });
}

}  // namespace donut::compactor
