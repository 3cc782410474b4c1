// One TrackEvents call: makes the events flat, waits for their COMMIT without a thread,
// answers. Thread-safe.
#pragma once

#include <atomic>
#include <memory>

#include "collector/collector_options.h"
#include "collector/ingest_queue.h"
#include "collector/shared_hash.h"
#include "collector/timer.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "grpcpp/grpcpp.h"

namespace donut::collector {

// What all calls share; outlives them.
struct TrackContext {
  const CollectorOptions& options;
  IngestQueue& queue;
  const Clock& clock;
  const SharedHash& hash;
  std::atomic<int>& waiting_calls;
};

class TrackCall final : public grpc::ServerUnaryReactor, public std::enable_shared_from_this<TrackCall> {
 public:
  // gRPC owns the result until OnDone.
  static TrackCall* Start(grpc::CallbackServerContext* call, int project_id, const grpc::ByteBuffer& request,
                          grpc::ByteBuffer* response, TrackContext& context);

  TrackCall(grpc::ByteBuffer* response, TrackContext& context) : response_(response), context_(context) {}

  void OnCancel() override;
  void OnDone() override;

 private:
  absl::Status Submit(grpc::CallbackServerContext* call, int project_id, const grpc::ByteBuffer& request);
  void SetTimer(grpc::CallbackServerContext* call);
  void Answer(const PieceResult& result);
  void FinishOnce(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  grpc::ByteBuffer* const response_;
  TrackContext& context_;
  std::shared_ptr<TrackCall> self_;  // until OnDone
  Mutex mutex_;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  Timer timer_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace donut::collector
