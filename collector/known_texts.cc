#include "collector/known_texts.h"

#include <functional>

#include "absl/strings/str_cat.h"

namespace donut::collector {

bool KnownTexts::Contains(int project_id, int64_t id, std::string_view text) const {
  const uint64_t fingerprint = std::hash<std::string_view>()(text);
  MutexLock lock(mutex_);
  for (const Generation* generation : {&young_, &old_}) {
    const auto found = generation->find({project_id, id});
    if (found == generation->end()) continue;
    const bool same = found->second == fingerprint;
    (same ? hits_ : misses_).Add();
    return same;
  }
  misses_.Add();
  return false;
}

void KnownTexts::Add(int project_id, int64_t id, std::string_view text) {
  MutexLock lock(mutex_);
  if (young_.size() >= generation_capacity_) {
    old_ = std::move(young_);
    young_ = Generation();
  }
  young_[{project_id, id}] = std::hash<std::string_view>()(text);
}

void KnownTexts::Forget() {
  MutexLock lock(mutex_);
  young_ = Generation();
  old_ = Generation();
}

void KnownTexts::AddMetrics(MetricPage& page) const {
  const std::string name = absl::StrCat("donut_collector_known_", noun_, "s");
  const std::string lookups = absl::StrCat(name, "_lookups_total");
  const std::string help =
      absl::StrCat("Lookups of a ", noun_, " in the cache; one it does not know is asked of the database.");
  page.AddCounter(lookups, help, static_cast<double>(hits_.value()), {{"result", "hit"}});
  page.AddCounter(lookups, help, static_cast<double>(misses_.value()), {{"result", "miss"}});
  MutexLock lock(mutex_);
  page.AddGauge(name, absl::StrCat("Those that the cache holds: one a ", noun_, "."),
                static_cast<double>(young_.size() + old_.size()));
}

}  // namespace donut::collector
