#include "collector/event_names.h"

#include "collector/sql_array.h"
#include "collector/statements.h"

namespace donut::collector {
namespace {

std::string ArrayOf(const std::set<std::string>& names) {
  SqlArray array;
  for (const std::string& name : names) array.AddText(std::string_view(name));
  return array.Take();
}

std::map<std::string, int> FindNames(pqxx::transaction_base& transaction, int project_id,
                                     const std::set<std::string>& names) {
  std::map<std::string, int> found;
  for (const auto& row : transaction.exec_params(sql::kFindEventNames, project_id, ArrayOf(names))) {
    found.emplace(row[1].as<std::string>(), row[0].as<int>());
  }
  return found;
}

}  // namespace

std::optional<int> EventNames::Find(int project_id, const std::string& name) const {
  MutexLock lock(mutex_);
  const auto project = by_project_.find(project_id);
  if (project == by_project_.end()) return std::nullopt;
  const auto found = project->second.find(name);
  if (found == project->second.end()) return std::nullopt;
  return found->second;
}

void EventNames::Remember(int project_id, const std::map<std::string, int>& ids) {
  MutexLock lock(mutex_);
  by_project_[project_id].insert(ids.begin(), ids.end());
}

void EventNames::Forget() {
  MutexLock lock(mutex_);
  by_project_.clear();
}

std::map<std::string, int> FindOrAddEventNames(pqxx::transaction_base& transaction, int project_id,
                                               const std::set<std::string>& names, int max_names) {
  std::map<std::string, int> found = FindNames(transaction, project_id, names);
  if (found.size() == names.size()) return found;
  transaction.exec_params(sql::kLockEventNames, project_id);
  transaction.exec_params(sql::kInsertEventNames, project_id, ArrayOf(names), max_names);
  return FindNames(transaction, project_id, names);
}

}  // namespace donut::collector
