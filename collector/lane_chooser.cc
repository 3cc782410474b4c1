#include "collector/lane_chooser.h"

#include <algorithm>

namespace donut::collector {

LaneChooser::Pin LaneChooser::Choose(int project_id, const std::string& producer) {
  MutexLock lock(mutex_);
  const auto [at, is_new] = pinned_.try_emplace({project_id, producer});
  if (is_new) {
    const auto emptiest = std::min_element(producers_.begin(), producers_.end());
    at->second.lane = static_cast<size_t>(emptiest - producers_.begin());
    ++*emptiest;
  }
  ++at->second.pins;
  return {this, at};
}

void LaneChooser::Release(Pin::Producers::iterator at) {
  MutexLock lock(mutex_);
  if (--at->second.pins > 0) return;
  --producers_[at->second.lane];
  pinned_.erase(at);
}

}  // namespace donut::collector
