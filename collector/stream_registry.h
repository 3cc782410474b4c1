// The open streams of a collector: counts them, and tells them when it goes down. Thread-safe.
#pragma once

#include <memory>
#include <set>

#include "absl/time/time.h"
#include "common/mutex.h"

namespace donut::collector {

class StreamReactor;

class StreamRegistry {
 public:
  explicit StreamRegistry(int max_streams) : max_streams_(max_streams) {}

  // False when there are too many already, or none are taken any more.
  bool Add(const std::shared_ptr<StreamReactor>& stream);
  void Remove(StreamReactor* stream);
  // Tells every stream, takes no new ones, and waits until all are gone or `limit` has passed.
  void Drain(absl::Duration retry_after, absl::Duration limit);
  int size() const;

 private:
  const int max_streams_;
  mutable Mutex mutex_;
  ConditionVariable gone_;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<std::shared_ptr<StreamReactor>> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace donut::collector
