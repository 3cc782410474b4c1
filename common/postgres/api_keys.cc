#include "common/postgres/api_keys.h"

#include <sodium.h>

#include <cctype>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/postgres/project_directory.h"
#include "common/postgres/transaction.h"
#include "postgres/statements.h"

namespace donut::postgres {
namespace {

constexpr char kKeyPrefix[] = "donut_";
constexpr size_t kKeyRandomBytes = 32;
constexpr size_t kMaxNameBytes = 200;
constexpr size_t kMinHashPrefix = 8;
constexpr size_t kMaxHashPrefix = 64;

absl::Status Run(pqxx::connection& connection,
                 const std::function<absl::Status(pqxx::transaction_base&)>& body) {
  bool broken = false;
  return RunTransaction(connection, TransactionKind::kReadWrite, body, broken).status;
}

absl::StatusOr<std::string> RandomKey() {
  if (sodium_init() < 0) return absl::InternalError("no source of random numbers");
  std::string random(kKeyRandomBytes, '\0');
  randombytes_buf(random.data(), random.size());
  return absl::StrCat(kKeyPrefix, absl::WebSafeBase64Escape(random));
}

}  // namespace

absl::StatusOr<int> CreateProject(pqxx::connection& connection, const std::string& name,
                                  const std::string& time_zone) {
  if (name.empty() || name.size() > kMaxNameBytes) {
    return absl::InvalidArgumentError(absl::StrCat("a project's name has 1 to ", kMaxNameBytes, " bytes"));
  }
  int project_id = 0;
  const absl::Status status = Run(connection, [&](pqxx::transaction_base& transaction) {
    if (!transaction.exec_params(sql::kTimeZoneExists, time_zone)[0][0].as<bool>()) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", time_zone,
                       "\" is no time zone that PostgreSQL knows: use an IANA name such as Europe/Berlin"));
    }
    const pqxx::result made = transaction.exec_params(sql::kCreateProject, name, time_zone);
    if (made.empty())
      return absl::AlreadyExistsError(absl::StrCat("the project \"", name, "\" exists already"));
    project_id = made[0][0].as<int>();
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return project_id;
}

absl::StatusOr<std::vector<ProjectRow>> ListProjects(pqxx::connection& connection) {
  std::vector<ProjectRow> projects;
  const absl::Status status = Run(connection, [&projects](pqxx::transaction_base& transaction) {
    for (const pqxx::row& row : transaction.exec(sql::kListProjects)) {
      projects.push_back({row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<std::string>()});
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return projects;
}

absl::StatusOr<std::string> CreateKey(pqxx::connection& connection, const NewApiKey& key) {
  if (!key.may_collect && !key.may_query) {
    return absl::InvalidArgumentError("a key must be allowed to send events, to query, or both");
  }
  if (key.label.size() > kMaxNameBytes) {
    return absl::InvalidArgumentError(absl::StrCat("a key's label has at most ", kMaxNameBytes, " bytes"));
  }
  absl::StatusOr<std::string> text = RandomKey();
  if (!text.ok()) return text;
  const absl::Status status = Run(connection, [&](pqxx::transaction_base& transaction) {
    const pqxx::result made =
        transaction.exec_params(sql::kCreateApiKey, pqxx::binarystring(HashApiKey(*text)), key.project,
                                key.label, key.may_collect, key.may_query);
    if (made.empty()) {
      return absl::NotFoundError(absl::StrCat("there is no project \"", key.project, "\": create it first"));
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return text;
}

absl::StatusOr<std::vector<ApiKeyRow>> ListKeys(pqxx::connection& connection) {
  std::vector<ApiKeyRow> keys;
  const absl::Status status = Run(connection, [&keys](pqxx::transaction_base& transaction) {
    for (const pqxx::row& row : transaction.exec(sql::kListApiKeys)) {
      ApiKeyRow key;
      key.hash_prefix = row[0].as<std::string>();
      key.project = row[1].as<std::string>();
      key.label = row[2].as<std::string>();
      key.may_collect = row[3].as<bool>();
      key.may_query = row[4].as<bool>();
      key.created_at = row[5].as<std::string>();
      if (!row[6].is_null()) key.revoked_at = row[6].as<std::string>();
      keys.push_back(std::move(key));
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return keys;
}

absl::Status RevokeKey(pqxx::connection& connection, const std::string& hash_prefix) {
  const std::string prefix = absl::AsciiStrToLower(hash_prefix);
  if (prefix.size() < kMinHashPrefix || prefix.size() > kMaxHashPrefix ||
      prefix.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return absl::InvalidArgumentError(
        "a key is named by the first 8 or more hex digits of its hash, as the list of keys shows them");
  }
  return Run(connection, [&prefix](pqxx::transaction_base& transaction) {
    const pqxx::result found = transaction.exec_params(sql::kFindApiKeys, prefix);
    if (found.empty()) return absl::NotFoundError(absl::StrCat("no key's hash starts with ", prefix));
    if (found.size() > 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("several keys' hashes start with ", prefix, ": give more digits"));
    }
    transaction.exec_params(sql::kRevokeApiKey, pqxx::binarystring(found[0][0]));
    return absl::OkStatus();
  });
}

}  // namespace donut::postgres
