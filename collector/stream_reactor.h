// One StreamEvents call: the thin shell around StreamState. Reads a message, makes it flat on the thread
// that read it, gives it to the queue, writes what the state wants answered. Never blocks. Thread-safe.
#pragma once

#include <memory>
#include <set>

#include "collector/collector_options.h"
#include "collector/ingest_queue.h"
#include "collector/log_gate.h"
#include "collector/request_reader.h"
#include "collector/stream_state.h"
#include "collector/timer.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "grpcpp/grpcpp.h"

namespace donut::collector {

class StreamReactor;

// The open streams: counted, and told when the collector goes down. Thread-safe.
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

// What all streams share; outlives them.
struct StreamContext {
  const CollectorOptions& options;
  IngestQueue& queue;
  const Clock& clock;
  StreamRegistry& registry;
  LogGate& error_log;
};

class StreamReactor final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                            public std::enable_shared_from_this<StreamReactor> {
 public:
  // gRPC owns the result until OnDone; the registry holds it meanwhile. Null when there are too many streams.
  static StreamReactor* Start(grpc::CallbackServerContext* call, int project_id, StreamContext& context);

  StreamReactor(grpc::CallbackServerContext* call, int project_id, StreamContext& context);

  void Drain(absl::Duration retry_after);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // What was read goes on; on a thread of gRPC's.
  void HandleRead();
  absl::Status HandleMessage(const grpc::ByteBuffer& buffer);
  absl::Status HandleHello(const v1::Hello& hello);
  absl::Status HandleBatch(BatchFrame& batch);
  absl::Status HandleSkipped(const v1::Skipped& skipped);
  absl::Status HandleUnparsed(v1::Unparsed& unparsed);
  absl::Status HandleClose();
  StagedPiece NewPiece(int64_t first, int64_t last) ABSL_LOCKS_EXCLUDED(mutex_);
  void Stage(StagedPiece piece);
  // Starts what can be started: a read, a write, the end.
  void Pump() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Finish(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetTimer(absl::Duration after) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnTimer();
  absl::Duration CurrentLimit() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  grpc::CallbackServerContext* const call_;
  const int project_id_;
  StreamContext& context_;
  grpc::ByteBuffer incoming_;  // of the read in flight, then of HandleRead()
  grpc::ByteBuffer outgoing_;  // of the write in flight

  Mutex mutex_;
  StreamState state_ ABSL_GUARDED_BY(mutex_);
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;  // from StartRead until the message is handled
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time last_activity_ ABSL_GUARDED_BY(mutex_);
  Timer limit_timer_ ABSL_GUARDED_BY(mutex_);
  Timer resume_timer_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace donut::collector
