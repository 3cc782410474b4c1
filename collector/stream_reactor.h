// One StreamEvents call: the thin shell around StreamState. Reads a message, makes it flat on the thread
// that read it, gives it to the queue, writes what the state wants answered. Never blocks. Thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "collector/collector_options.h"
#include "collector/ingest_queue.h"
#include "collector/log_gate.h"
#include "collector/request_reader.h"
#include "collector/shared_hash.h"
#include "collector/stream_registry.h"
#include "collector/stream_state.h"
#include "collector/timer.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "grpcpp/grpcpp.h"

namespace donut::collector {

// What all streams share; outlives them.
struct StreamContext {
  const CollectorOptions& options;
  IngestQueue& queue;
  const Clock& clock;
  const SharedHash& hash;
  std::atomic<int64_t>& unsent_bytes;  // rejections held for all clients
  StreamRegistry& registry;
  LogGate& error_log;
};

class StreamReactor final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                            public std::enable_shared_from_this<StreamReactor> {
 public:
  // gRPC owns the result until OnDone; the registry holds it meanwhile. Null when there are too many streams.
  static StreamReactor* Start(grpc::CallbackServerContext* call, int project_id, StreamContext& context);

  StreamReactor(grpc::CallbackServerContext* call, int project_id, StreamContext& context);

  ~StreamReactor() override;

  void Drain(absl::Duration retry_after);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // What was read goes on; on a thread of gRPC's.
  void HandleRead();
  absl::Status HandleMessage(StreamMessage& message);
  // True when there is no room: then the stream is in line for it, and goes on in OnRoom().
  bool WaitsForRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnRoom();
  void Resume();
  // Room that this stream was given and did not use is the next one's.
  void PassRoomOn();
  absl::Status HandleHello(const v1::Hello& hello);
  absl::Status HandleBatch(BatchFrame& batch);
  absl::Status HandleSkipped(const v1::Skipped& skipped);
  absl::Status HandleUnparsed(v1::Unparsed& unparsed);
  absl::Status HandleClose();
  StagedPiece NewPiece(int64_t first, int64_t last) ABSL_LOCKS_EXCLUDED(mutex_);
  void Stage(StagedPiece piece);
  // Starts what can be started: a read, a write, the end.
  void Pump() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes part in the sum of all streams; when that is too much, gives a client up that does not read.
  void CountUnsent() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
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
  // Room for what it reads goes through three states, none of which two streams share: in line for it
  // (room_ticket_), perhaps with a message that came before the line did (holds_message_); given it
  // (owes_room_), until it stages something or passes the room on; without.
  std::optional<RoomTicket> room_ticket_ ABSL_GUARDED_BY(mutex_);  // while it waits for room
  bool holds_message_ ABSL_GUARDED_BY(mutex_) = false;             // read, and waits for room
  bool owes_room_ ABSL_GUARDED_BY(mutex_) = false;  // given room, and nothing staged or passed on yet
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t counted_unsent_ ABSL_GUARDED_BY(mutex_) = 0;
  bool given_up_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time last_activity_ ABSL_GUARDED_BY(mutex_);
  Timer limit_timer_ ABSL_GUARDED_BY(mutex_);
  Timer resume_timer_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace donut::collector
