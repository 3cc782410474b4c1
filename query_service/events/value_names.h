// Numbers for the values of a breakdown, over all blocks: a value's number is the same wherever it occurs,
// and its text is what the answer shows. Thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "common/mutex.h"

namespace donut::query {

class ValueNames {
 public:
  // From 1 on.
  uint32_t NumberOf(std::string_view text) {
    MutexLock lock(mutex_);
    const auto found = numbers_.find(absl::string_view(text.data(), text.size()));
    if (found != numbers_.end()) return found->second;
    texts_.emplace_back(text);
    const auto number = static_cast<uint32_t>(texts_.size());
    const std::string& kept = texts_.back();
    numbers_.emplace(absl::string_view(kept.data(), kept.size()), number);
    return number;
  }
  // Stays where it is.
  const std::string& At(uint32_t number) const {
    MutexLock lock(mutex_);
    return texts_[number - 1];
  }
  // The numbers are 1 to size().
  size_t size() const {
    MutexLock lock(mutex_);
    return texts_.size();
  }

 private:
  mutable Mutex mutex_;
  // A deque: what the map refers to stays where it is.
  std::deque<std::string> texts_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<absl::string_view, uint32_t> numbers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace donut::query
