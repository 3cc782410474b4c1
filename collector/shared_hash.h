// The installation's hash, once the database has told it. Thread-safe.
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "common/keyed_hash.h"
#include "common/mutex.h"

namespace donut::collector {

class SharedHash {
 public:
  void Set(const KeyedHash& hash) {
    MutexLock lock(mutex_);
    hash_ = hash;
  }
  // UNAVAILABLE until then.
  absl::StatusOr<KeyedHash> Get() const {
    MutexLock lock(mutex_);
    if (!hash_) return absl::UnavailableError("the collector has not reached its database yet; try again");
    return *hash_;
  }

 private:
  mutable Mutex mutex_;
  std::optional<KeyedHash> hash_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace donut::collector
