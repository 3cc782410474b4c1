#include "collector/collector_options.h"

#include "absl/strings/str_cat.h"
#include "common/limits.h"

namespace donut::collector {

absl::Status CollectorOptions::Validate() const {
  if (queue.lanes < 1 || queue.lanes > 64) {
    return absl::InvalidArgumentError(absl::StrCat("lanes: must be from 1 to 64, is ", queue.lanes));
  }
  if (queue.max_staged_bytes < static_cast<size_t>(kMaxFlatBatchBytes)) {
    return absl::InvalidArgumentError("max_staged_bytes: must be at least 10 MiB, one batch at its largest");
  }
  if (max_streams < 1 || max_streams > 100'000) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_streams: must be from 1 to 100000, is ", max_streams));
  }
  return absl::OkStatus();
}

int64_t CollectorOptions::GrpcMemoryBytes() const {
  constexpr int64_t kLeast = 64 << 20;
  constexpr int64_t kPerStream = 512 << 10;
  return kLeast + max_streams * kPerStream;
}

int64_t CollectorOptions::MaxMemoryBytes(int64_t grpc_memory, int threads, int projects) const {
  constexpr int64_t kStreamBytes = 64 << 10;
  constexpr int64_t kGroupCopies = 12;
  constexpr int64_t kKnownTextBytes = 100;
  constexpr int64_t kEventNameBytes = 320;
  return grpc_memory + static_cast<int64_t>(queue.max_staged_bytes) +
         int64_t{2} * threads * kMaxFlatBatchBytes +
         queue.lanes * kGroupCopies * (static_cast<int64_t>(queue.group.max_bytes) + kMaxFlatBatchBytes) +
         max_unsent_bytes + max_streams * (2 * static_cast<int64_t>(stream.max_unsent_bytes) + kStreamBytes) +
         static_cast<int64_t>(known_users + known_sessions) * kKnownTextBytes +
         int64_t{projects} * limits::kMaxEventNames * kEventNameBytes;
}

}  // namespace donut::collector
