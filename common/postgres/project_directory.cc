#include "common/postgres/project_directory.h"

#include <sodium.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "postgres/statements.h"

namespace donut::postgres {
namespace {

constexpr int kMaxApiKeys = 10'000;
constexpr char kDefaultProject[] = "default";
constexpr char kScheme[] = "Bearer ";

// The key's text, or nullopt when the header is not of this form.
std::optional<std::string> KeyIn(const std::string& authorization) {
  const size_t length = sizeof(kScheme) - 1;
  if (!absl::StartsWithIgnoreCase(authorization, kScheme) || authorization.size() == length)
    return std::nullopt;
  return authorization.substr(length);
}

}  // namespace

std::string HashApiKey(const std::string& key) {
  std::string hash(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(hash.data()),
                     reinterpret_cast<const unsigned char*>(key.data()), key.size());
  return hash;
}

absl::StatusOr<ProjectSnapshot> ProjectSnapshot::Read(pqxx::transaction_base& transaction) {
  ProjectSnapshot snapshot;
  absl::flat_hash_map<int, Project> projects;
  for (const pqxx::row& row : transaction.exec(sql::kReadProjects)) {
    Project project{row[0].as<int>(), row[1].as<std::string>(), row[2].as<std::string>()};
    if (project.name == kDefaultProject) snapshot.default_project_ = project;
    projects.emplace(project.project_id, std::move(project));
  }
  const pqxx::result keys = transaction.exec_params(sql::kReadApiKeys, kMaxApiKeys + 1);
  if (keys.size() > kMaxApiKeys) {
    return absl::FailedPreconditionError(
        absl::StrCat("there are more than ", kMaxApiKeys, " API keys: delete revoked ones from api_keys"));
  }
  snapshot.any_key_was_made_ = !keys.empty();
  for (const pqxx::row& row : keys) {
    const bool revoked = row[4].as<bool>();
    if (revoked) continue;
    snapshot.keys_[pqxx::binarystring(row[0]).str()] =
        Key{projects[row[1].as<int>()], row[2].as<bool>(), row[3].as<bool>()};
  }
  return snapshot;
}

absl::StatusOr<Project> ProjectSnapshot::Find(const std::optional<std::string>& authorization,
                                              Permission permission, bool anonymous_allowed) const {
  if (anonymous_allowed && !any_key_was_made_) {
    if (default_project_.has_value()) return *default_project_;
    return absl::FailedPreconditionError(
        "there is neither an API key nor the project \"default\": make a key with `donut keys create`");
  }
  const std::optional<std::string> key = authorization.has_value() ? KeyIn(*authorization) : std::nullopt;
  if (!key.has_value()) {
    return absl::UnauthenticatedError("an API key is needed: send the metadata `authorization: Bearer KEY`");
  }
  const auto found = keys_.find(HashApiKey(*key));
  if (found == keys_.end()) {
    return absl::UnauthenticatedError(
        "the API key in the metadata `authorization: Bearer KEY` is unknown or revoked");
  }
  const bool permitted =
      permission == Permission::kCollect ? found->second.may_collect : found->second.may_query;
  if (!permitted) {
    return absl::PermissionDeniedError(
        absl::StrCat("this API key may not ", permission == Permission::kCollect ? "send events" : "query",
                     ": make one that may with `donut keys create`"));
  }
  return found->second.project;
}

void ProjectDirectory::Update(ProjectSnapshot snapshot) {
  auto next = std::make_shared<const ProjectSnapshot>(std::move(snapshot));
  MutexLock lock(mutex_);
  snapshot_.swap(next);
}

absl::StatusOr<Project> ProjectDirectory::Find(const std::optional<std::string>& authorization,
                                               Permission permission) const {
  std::shared_ptr<const ProjectSnapshot> snapshot;
  {
    MutexLock lock(mutex_);
    snapshot = snapshot_;
  }
  if (snapshot == nullptr) {
    return absl::UnavailableError("the database has not been reached yet: try again later");
  }
  return snapshot->Find(authorization, permission, anonymous_allowed_);
}

bool ProjectDirectory::IsOpenToNobody() const {
  MutexLock lock(mutex_);
  return snapshot_ != nullptr && !anonymous_allowed_ && !snapshot_->has_keys();
}

}  // namespace donut::postgres
