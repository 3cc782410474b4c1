#include "collector/known_users.h"

#include <functional>

namespace donut::collector {

bool KnownUsers::Contains(int project_id, int64_t user_id, std::string_view distinct_id) const {
  const uint64_t fingerprint = std::hash<std::string_view>()(distinct_id);
  MutexLock lock(mutex_);
  for (const Generation* generation : {&young_, &old_}) {
    const auto found = generation->find({project_id, user_id});
    if (found != generation->end()) return found->second == fingerprint;
  }
  return false;
}

void KnownUsers::Add(int project_id, int64_t user_id, std::string_view distinct_id) {
  MutexLock lock(mutex_);
  if (young_.size() >= generation_capacity_) {
    old_ = std::move(young_);
    young_ = Generation();
  }
  young_[{project_id, user_id}] = std::hash<std::string_view>()(distinct_id);
}

void KnownUsers::Forget() {
  MutexLock lock(mutex_);
  young_ = Generation();
  old_ = Generation();
}

}  // namespace donut::collector
