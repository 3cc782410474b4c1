// Reads the installation's hash key, and makes it once, at the first migration.
// No state.
#pragma once

#include <pqxx/pqxx>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/keyed_hash.h"

namespace donut::postgres {

// The hash with the installation's key, checked against its canary. FAILED_PRECONDITION when there is
// none yet (run `donut migrate`), or when the canary does not fit the key: then the row was
// tampered with or half restored, and new ids would not be those of the stored users.
absl::StatusOr<KeyedHash> ReadKeyedHash(pqxx::transaction_base& transaction);

// Makes a random key and its canary if there is none.
absl::Status EnsureInstallation(pqxx::transaction_base& transaction);

}  // namespace donut::postgres
