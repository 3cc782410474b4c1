// Everything that can be set about the collector, with defaults and the bound on its
// memory. Plain data.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "collector/ingest_queue.h"
#include "collector/stream_state.h"

namespace donut::collector {

struct CollectorOptions {
  IngestQueueOptions queue;
  StreamLimits stream;

  // Bytes of rejections that are held for clients, all streams together; above, a stream that has more than
  // its own StreamLimits::max_unsent_bytes ends with RESOURCE_EXHAUSTED: its client does not read. What was
  // rejected is in the database.
  int64_t max_unsent_bytes = 128 << 20;
  // Open streams; one more is refused with RESOURCE_EXHAUSTED.
  int max_streams = 1'000;
  // TrackEvents calls that wait for their COMMIT; one more is refused with RESOURCE_EXHAUSTED.
  int max_waiting_calls = 1'000;
  // From the stream's start to its Hello.
  absl::Duration hello_limit = absl::Seconds(10);
  // What a Hello or a TrackEvents waits for the database; then UNAVAILABLE. A caller's own
  // shorter deadline goes first.
  absl::Duration answer_limit = absl::Seconds(10);
  // A stream on which nothing was read and no answer was taken for so long ends with DEADLINE_EXCEEDED.
  absl::Duration idle_limit = absl::Hours(1);
  // After SIGTERM: for streams to commit, acknowledge and end.
  absl::Duration drain_limit = absl::Seconds(8);
  // Users and sessions that a collector remembers as stored; about 50 bytes each.
  size_t known_users = 1'000'000;
  size_t known_sessions = 1'000'000;
  // How often expire_ledger() runs.
  absl::Duration expire_period = absl::Hours(1);

  absl::Status Validate() const;

  // What gRPC needs so that all streams can send at once: for each a message of the client library's usual
  // size on its way, and what gRPC itself keeps of a connection. When this is used up gRPC resets streams,
  // which connect again.
  int64_t GrpcMemoryBytes() const;

  // What the collector holds at most, beside its code and libraries:
  //
  //     grpc_memory                                 messages received, and those that wait for room:
  //                                                 at most one per stream, none is read without room
  //   + max_staged_bytes + threads * 2 * kMaxFlatBatch  staged, and what is being made flat when it fills up
  //   + lanes * 12 * (max_bytes + kMaxFlatBatch)    a group's rejected events, new users and sessions and
  //                                                 properties of users merged and as arrays, its events
  //                                                 packed (of both the smallest keys take most), libpq's
  //                                                 copies of them, its results
  //   + max_unsent_bytes                            rejections that clients do not take
  //   + max_streams * (2 * stream.max_unsent_bytes + 64 KiB)   up to there, and being written; the stream
  //   itself
  //   + (known_users + known_sessions) * 100 + projects * 10,000 * 320 B    the caches
  //
  // `grpc_memory` is GrpcServerOptions::max_memory_bytes, from GrpcMemoryBytes(), `threads` those of gRPC (at
  // most 16, and two per core). The third and the fourth term are reached by hostile clients only: rows of
  // events are sent from where they are staged.
  int64_t MaxMemoryBytes(int64_t grpc_memory, int threads, int projects) const;
};

// A batch of 1 MiB whose texts consist of control characters takes six times that as JSON; to that come the
// fixed part of 5,000 rows, the bytes as they came and the texts once more. One of many small properties
// takes less as JSON, and 28 bytes more for each: key, value and number.
inline constexpr int64_t kMaxFlatBatchBytes = 10 << 20;

}  // namespace donut::collector
