#include "collector/known_users.h"

#include <functional>

namespace donut::collector {

bool KnownUsers::Contains(int project_id, int64_t user_id, std::string_view distinct_id) const {
  const uint64_t fingerprint = std::hash<std::string_view>()(distinct_id);
  MutexLock lock(mutex_);
  for (const Generation* generation : {&young_, &old_}) {
    const auto found = generation->find({project_id, user_id});
    if (found == generation->end()) continue;
    const bool same = found->second == fingerprint;
    (same ? hits_ : misses_).Add();
    return same;
  }
  misses_.Add();
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

void KnownUsers::AddMetrics(MetricPage& page) const {
  const std::string lookups = "donut_collector_known_users_lookups_total";
  const std::string help =
      "Events by whether the cache knew their user; one it does not know is asked of the database.";
  page.AddCounter(lookups, help, static_cast<double>(hits_.value()), {{"result", "hit"}});
  page.AddCounter(lookups, help, static_cast<double>(misses_.value()), {{"result", "miss"}});
  MutexLock lock(mutex_);
  page.AddGauge("donut_collector_known_users", "Users that the cache holds.",
                static_cast<double>(young_.size() + old_.size()));
}

}  // namespace donut::collector
