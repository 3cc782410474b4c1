// Which project a caller belongs to, from the key in `authorization: Bearer KEY`.
// Holds all keys in memory (hashes, at most 10,000) and reads them anew every few
// seconds: a call never asks the database, and works while it is away.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/mutex.h"

namespace donut::postgres {

struct Project {
  int project_id = 0;
  std::string name;
  std::string time_zone;
};

enum class Permission { kCollect, kQuery };

// SHA-256 of a key's text, as api_keys keeps it.
std::string HashApiKey(const std::string& key);

// One reading of projects and api_keys. Immutable.
class ProjectSnapshot {
 public:
  static absl::StatusOr<ProjectSnapshot> Read(pqxx::transaction_base& transaction);

  // Whether there is a key that works.
  bool has_keys() const { return !keys_.empty(); }

  // `authorization`: the metadata's value, or nullopt without one.
  // `anonymous_allowed`: whether all listen addresses are loopback; then, as long as no key was ever
  // made, every caller belongs to the project "default" (revoking the last key does not
  // open the door again). UNAUTHENTICATED: no key, an unknown or revoked
  // one (the message says which header is wanted); PERMISSION_DENIED: a key without `permission`.
  absl::StatusOr<Project> Find(const std::optional<std::string>& authorization, Permission permission,
                               bool anonymous_allowed) const;

 private:
  struct Key {
    Project project;
    bool may_collect = false;
    bool may_query = false;
  };
  absl::flat_hash_map<std::string, Key> keys_;  // by hash
  bool any_key_was_made_ = false;
  std::optional<Project> default_project_;
};

// The current snapshot. Thread-safe. Update() is called by the service's
// background thread after each successful reading; until the first, Find is UNAVAILABLE.
class ProjectDirectory {
 public:
  explicit ProjectDirectory(bool anonymous_allowed) : anonymous_allowed_(anonymous_allowed) {}
  void Update(ProjectSnapshot snapshot);
  absl::StatusOr<Project> Find(const std::optional<std::string>& authorization, Permission permission) const;
  // Known to have no key that works, while callers without one are not taken.
  bool IsOpenToNobody() const;

 private:
  const bool anonymous_allowed_;
  mutable Mutex mutex_;
  std::shared_ptr<const ProjectSnapshot> snapshot_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace donut::postgres
