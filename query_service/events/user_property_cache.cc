#include "query_service/events/user_property_cache.h"

#include <algorithm>

namespace donut::query {

size_t UserValues::MemoryBytes() const {
  return codes.capacity() * (sizeof(std::pair<int64_t, uint32_t>) + 1) + values.MemoryBytes();
}

UserPropertyCache::Known UserPropertyCache::Find(const Key& key) {
  MutexLock lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return {};
  used_.splice(used_.begin(), used_, found->second.used);
  return found->second.known;
}

void UserPropertyCache::Put(const Key& key, Known known) {
  MutexLock lock(mutex_);
  const auto [found, is_new] = entries_.try_emplace(key);
  Entry& entry = found->second;
  if (is_new) {
    used_.push_front(key);
    entry.used = used_.begin();
  }
  bytes_ -= entry.bytes;
  entry.bytes = known.values->MemoryBytes();
  bytes_ += entry.bytes;
  entry.known = std::move(known);
  while (bytes_ > max_bytes_ && !used_.empty()) {
    const auto last = entries_.find(used_.back());
    bytes_ -= last->second.bytes;
    used_.pop_back();
    entries_.erase(last);
  }
}

size_t UserPropertyCache::bytes() const {
  MutexLock lock(mutex_);
  return bytes_;
}

std::optional<std::set<std::string>> ChangesSince(const UserChanges& known, const UserChanges& now) {
  if (known.global_state != now.global_state) return std::nullopt;
  std::set<std::string> seen = known.changes;
  if (known.state != now.state) {
    if (known.state != now.previous_state) return std::nullopt;
    for (const std::string& folded : now.folded) {
      // Folded before anybody here had read it.
      if (seen.erase(folded) == 0) return std::nullopt;
    }
  }
  // Of an earlier snapshot than what is known.
  if (!std::includes(now.changes.begin(), now.changes.end(), seen.begin(), seen.end())) return std::nullopt;
  std::set<std::string> missing;
  std::set_difference(now.changes.begin(), now.changes.end(), seen.begin(), seen.end(),
                      std::inserter(missing, missing.end()));
  return missing;
}

}  // namespace donut::query
