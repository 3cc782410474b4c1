// Makes projects and API keys, lists and revokes keys: what `donut project` and
// `donut keys` do as the database's owner. A key's text is returned once, when it is
// made; only its SHA-256 is stored. No state.
#pragma once

#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace donut::postgres {

// One key, as it is shown.
struct ApiKeyRow {
  std::string hash_prefix;  // 12 hex digits: names the key
  std::string project;
  std::string label;
  bool may_collect = false;
  bool may_query = false;
  std::string created_at;  // 2024-01-31T05:00:00Z
  std::optional<std::string> revoked_at;
};

struct ProjectRow {
  std::string name;
  std::string time_zone;
  std::string created_at;  // 2024-01-31T05:00:00Z
};

struct NewApiKey {
  std::string project;
  // For people. At most 200 bytes.
  std::string label;
  bool may_collect = false;
  bool may_query = false;
};

// Returns the project's number. INVALID_ARGUMENT: the name is empty or longer than 200 bytes, or
// PostgreSQL does not know the time zone; ALREADY_EXISTS: the name is taken.
absl::StatusOr<int> CreateProject(pqxx::connection& connection, const std::string& name,
                                  const std::string& time_zone);

// Oldest first.
absl::StatusOr<std::vector<ProjectRow>> ListProjects(pqxx::connection& connection);

// Returns the key's text: "donut_" and 43 characters. NOT_FOUND: no such project. INVALID_ARGUMENT: it
// may do nothing, or the label is too long.
absl::StatusOr<std::string> CreateKey(pqxx::connection& connection, const NewApiKey& key);

// Oldest first, revoked ones too.
absl::StatusOr<std::vector<ApiKeyRow>> ListKeys(pqxx::connection& connection);

// The key whose hash starts with these 8 to 64 hex digits; revoking twice is fine. The services notice
// within seconds. NOT_FOUND; INVALID_ARGUMENT: not hex digits, too few, or several keys start so.
absl::Status RevokeKey(pqxx::connection& connection, const std::string& hash_prefix);

}  // namespace donut::postgres
