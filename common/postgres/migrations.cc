#include "common/postgres/migrations.h"

#include <sodium.h>

#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/postgres/installation.h"
#include "common/postgres/transaction.h"
#include "common/status_macros.h"
#include "postgres/embedded_migrations.h"
#include "postgres/statements.h"

namespace donut::postgres {
namespace {

std::string ChecksumOf(const std::string& text) {
  std::string checksum(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(checksum.data()),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size());
  return checksum;
}

std::string ShortHex(const std::string& checksum) { return absl::BytesToHexString(checksum.substr(0, 6)); }

// The step that comes next, nullopt when there is none. FAILED_PRECONDITION when what the database
// has is not what `migrations` starts with.
absl::StatusOr<std::optional<Migration>> NextStep(pqxx::transaction_base& transaction,
                                                  const std::vector<Migration>& migrations) {
  const pqxx::result applied = transaction.exec(sql::kReadSchemaMigrations);
  for (size_t i = 0; i < applied.size(); ++i) {
    const int version = applied[i][0].as<int>();
    const std::string name = applied[i][1].as<std::string>();
    if (i >= migrations.size()) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the database is newer than this program: it has the step ", name, ", this program ends with ",
          migrations.empty() ? "none" : migrations.back().name, "; use a newer `donut`"));
    }
    const Migration& known = migrations[i];
    const std::string checksum = pqxx::binarystring(applied[i][2]).str();
    if (version != known.version || name != known.name || checksum != ChecksumOf(known.sql)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the database was migrated by another text of step ", known.version, ": it has ", name,
          " with checksum ", ShortHex(checksum), ", this program has ", known.name, " with ",
          ShortHex(ChecksumOf(known.sql)),
          "; a step never changes once it was used: take the program that fits, or add a new step"));
    }
  }
  if (applied.size() >= migrations.size()) return std::nullopt;
  return migrations[applied.size()];
}

// One step, or the end of the work, in one transaction.
absl::Status RunStep(pqxx::transaction_base& transaction, const std::vector<Migration>& migrations,
                     std::optional<Migration>& done) {
  transaction.exec(sql::kLockMigrations);
  transaction.exec(sql::kCreateSchemaMigrations);
  ASSIGN_OR_RETURN(done, NextStep(transaction, migrations));
  if (!done.has_value()) return EnsureInstallation(transaction);
  transaction.exec(done->sql);
  transaction.exec_params(sql::kAddSchemaMigration, done->version, done->name,
                          pqxx::binarystring(ChecksumOf(done->sql)));
  return absl::OkStatus();
}

}  // namespace

const std::vector<Migration>& EmbeddedMigrations() {
  static const auto* const migrations = [] {
    auto* list = new std::vector<Migration>();
    for (const EmbeddedMigration& one : kEmbeddedMigrations) {
      list->push_back({static_cast<int>(list->size()) + 1, one.name, one.sql});
    }
    return list;
  }();
  return *migrations;
}

absl::StatusOr<int> MigrateWith(pqxx::connection& connection, const std::vector<Migration>& migrations,
                                const std::function<void(const Migration&)>& on_applied) {
  int applied = 0;
  // Each step takes the lock anew: should another migrator come in between, this one goes on after it.
  while (true) {
    std::optional<Migration> done;
    bool broken = false;
    const TransactionResult result = RunTransaction(
        connection, TransactionKind::kReadWrite,
        [&](pqxx::transaction_base& transaction) { return RunStep(transaction, migrations, done); }, broken);
    if (!result.status.ok()) {
      const std::string where = done.has_value() ? absl::StrCat("step ", done->name, ": ") : "";
      return absl::Status(result.status.code(), absl::StrCat(where, result.status.message()));
    }
    if (!done.has_value()) return applied;
    ++applied;
    if (on_applied) on_applied(*done);
  }
}

absl::StatusOr<int> Migrate(pqxx::connection& connection,
                            const std::function<void(const Migration&)>& on_applied) {
  return MigrateWith(connection, EmbeddedMigrations(), on_applied);
}

absl::Status CheckSchemaVersion(pqxx::transaction_base& transaction) {
  const int needed = EmbeddedMigrations().back().version;
  int version = 0;
  if (transaction.exec(sql::kHasSchemaMigrations)[0][0].as<bool>()) {
    version = transaction.exec(sql::kReadSchemaVersion)[0][0].as<int>();
  }
  if (version >= needed) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("the database's schema is at version ", version,
                                                    ", version ", needed, " is needed: run `donut migrate`"));
}

}  // namespace donut::postgres
