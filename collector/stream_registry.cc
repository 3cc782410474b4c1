#include "collector/stream_registry.h"

#include <vector>

#include "absl/time/clock.h"
#include "collector/stream_reactor.h"

namespace donut::collector {

bool StreamRegistry::Add(const std::shared_ptr<StreamReactor>& stream) {
  MutexLock lock(mutex_);
  if (draining_ || static_cast<int>(streams_.size()) >= max_streams_) return false;
  streams_.insert(stream);
  return true;
}

void StreamRegistry::Remove(StreamReactor* stream) {
  std::shared_ptr<StreamReactor> last_reference = stream->shared_from_this();
  MutexLock lock(mutex_);
  streams_.erase(last_reference);
  gone_.NotifyAll();
}

int StreamRegistry::size() const {
  MutexLock lock(mutex_);
  return static_cast<int>(streams_.size());
}

void StreamRegistry::Drain(absl::Duration retry_after, absl::Duration limit) {
  std::vector<std::shared_ptr<StreamReactor>> streams;
  {
    MutexLock lock(mutex_);
    draining_ = true;
    streams.assign(streams_.begin(), streams_.end());
  }
  for (const auto& stream : streams) stream->Drain(retry_after);
  streams.clear();
  const absl::Time until = absl::Now() + limit;
  MutexLock lock(mutex_);
  while (!streams_.empty() && absl::Now() < until) gone_.WaitFor(mutex_, until - absl::Now());
}

}  // namespace donut::collector
