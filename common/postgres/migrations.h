// Applies migrations/*.sql, which are embedded in the program, and tells whether a database has them.
#pragma once

#include <functional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace donut::postgres {

struct Migration {
  int version;       // from the file name, without gaps from 1
  std::string name;  // "0001_projects"
  std::string sql;
};

// Those of this program, in order.
const std::vector<Migration>& EmbeddedMigrations();

// Brings the database up to the embedded version, each step in a transaction of its own, under
// an advisory lock that two migrators share; then makes the installation's hash key and
// canary if there is none. `on_applied` hears of each step. Returns how many were applied.
// FAILED_PRECONDITION: a known step has another checksum, or the database is newer.
absl::StatusOr<int> Migrate(pqxx::connection& connection,
                            const std::function<void(const Migration&)>& on_applied = nullptr);

// The same with other steps; for tests.
absl::StatusOr<int> MigrateWith(pqxx::connection& connection, const std::vector<Migration>& migrations,
                                const std::function<void(const Migration&)>& on_applied = nullptr);

// OK when the database is at the embedded version or newer, else FAILED_PRECONDITION that says
// which it has, which is needed, and to run `donut migrate`.
absl::Status CheckSchemaVersion(pqxx::transaction_base& transaction);

}  // namespace donut::postgres
