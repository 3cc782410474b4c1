// The ids of event names, at most limits::kMaxEventNames per project. New names get a
// transaction of their own before the events, and are remembered after its COMMIT; a name that is
// committed stays for ever, so what is remembered is right as long as the database is the same: it is
// forgotten with a connection that broke. Thread-safe.
#pragma once

#include <map>
#include <optional>
#include <pqxx/pqxx>
#include <set>
#include <string>
#include <unordered_map>

#include "common/mutex.h"

namespace donut::collector {

// By project; of one group.
using EventNameIds = std::map<int, std::unordered_map<std::string, int>>;

class EventNames {
 public:
  std::optional<int> Find(int project_id, const std::string& name) const;
  void Remember(int project_id, const std::map<std::string, int>& ids);
  void Forget();

 private:
  mutable Mutex mutex_;
  EventNameIds by_project_ ABSL_GUARDED_BY(mutex_);
};

// Finds the ids of `names`, adding those that are missing while the project has room. Those that found no
// room are not in the result. To be committed before its result is used.
std::map<std::string, int> FindOrAddEventNames(pqxx::transaction_base& transaction, int project_id,
                                               const std::set<std::string>& names, int max_names);

}  // namespace donut::collector
