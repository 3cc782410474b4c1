#include "common/postgres/installation.h"

#include <sodium.h>

#include <string>

#include "common/status_macros.h"
#include "postgres/statements.h"

namespace donut::postgres {

absl::StatusOr<KeyedHash> ReadKeyedHash(pqxx::transaction_base& transaction) {
  const pqxx::result rows = transaction.exec(sql::kReadInstallation);
  if (rows.empty()) {
    return absl::FailedPreconditionError("the database has no hash key yet: run `donut migrate`");
  }
  ASSIGN_OR_RETURN(const KeyedHash hash, KeyedHash::Create(pqxx::binarystring(rows[0][0]).str()));
  if (hash.Canary() != rows[0][1].as<int64_t>()) {
    return absl::FailedPreconditionError(
        "the hash key in the table installation does not fit its canary: restore that table's row from a "
        "backup; with another key the stored users would get other ids");
  }
  return hash;
}

absl::Status EnsureInstallation(pqxx::transaction_base& transaction) {
  if (sodium_init() < 0) return absl::InternalError("no source of random numbers");
  std::string key(KeyedHash::kKeyBytes, '\0');
  randombytes_buf(key.data(), key.size());
  ASSIGN_OR_RETURN(const KeyedHash hash, KeyedHash::Create(key));
  transaction.exec_params(sql::kCreateInstallation, pqxx::binarystring(key), hash.Canary());
  return absl::OkStatus();
}

}  // namespace donut::postgres
