// The protocol of one stream as collector.proto tells it: what may come next, what to
// answer, when to stop reading, when and how it ends. No thread, no socket, no
// clock; not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/event_sink.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/collector.pb.h"

namespace donut::collector {

struct StreamLimits {
  // Flat bytes of this stream that wait for COMMIT; above, it is not read.
  size_t max_staged_bytes = 16 << 20;
  // Bytes of rejections that the client has not taken yet, and of those that wait for COMMIT; above, it is
  // not read. What a commit rejects comes to that (CollectorOptions::max_unsent_bytes).
  size_t max_unsent_bytes = 256 << 10;
  // Rejections in one Committed.
  int max_rejections = 1'000;
};

// What a piece takes while it is staged: in all, and of that its rejections.
struct StagedSize {
  size_t bytes = 0;
  size_t rejection_bytes = 0;
};
StagedSize SizeOf(const StagedPiece& piece);

class StreamState {
 public:
  StreamState(int project_id, StreamLimits limits) : project_id_(project_id), limits_(limits) {}

  // Whether to read another message.
  bool WantsRead() const;

  // A Hello came: what to ask the ledger. INVALID_ARGUMENT for a second one.
  absl::StatusOr<HelloClaim> OnHello(const v1::Hello& hello);
  void OnGrant(const absl::StatusOr<HelloAnswer>& answer);

  // Numbers [first, last] came in `field`. Returns the first one that is new, last + 1 when all
  // were taken before (they are acknowledged again). INVALID_ARGUMENT before Hello, after
  // Close, and for a gap.
  absl::StatusOr<int64_t> OnNumbers(int64_t first, int64_t last, const std::string& field);
  absl::Status OnClose();
  // The client ended its side: after Close in order, else in error.
  void OnHalfClose();

  // A piece went to the queue, and came back.
  void OnStaged(const StagedSize& size);
  // `last`: its last number, 0 for none; `close`: it was the Close.
  void OnResult(const StagedSize& staged, int64_t last, bool close, const PieceResult& result);

  // The collector is going down.
  void Drain(absl::Duration retry_after);
  // Ends in error. What is staged is still committed and acknowledged before, unless `at_once`.
  void End(absl::Status status, bool at_once = false);

  // The next answer; nullopt when there is none now.
  std::optional<v1::StreamEventsResponse> NextResponse();
  // Of rejections that are held for the client.
  size_t unsent_bytes() const { return unsent_bytes_; }
  // It will never take them.
  void DropAnswers();
  // How the stream ends, once nothing is left to answer or to wait for.
  std::optional<absl::Status> FinalStatus() const;

  bool awaits_hello() const { return phase_ == Phase::kAwaitingHello; }
  bool awaits_grant() const { return phase_ == Phase::kAwaitingGrant; }
  // Not any more when the stream is ending: whoever said Hello goes elsewhere.
  bool wants_grant() const { return awaits_grant() && !end_; }
  bool is_open() const { return phase_ == Phase::kOpen; }
  // The number that is wanted next.
  int64_t next_sequence() const { return next_sequence_; }
  bool is_draining() const { return draining_; }
  bool has_staged() const { return staged_pieces_ > 0; }
  int producer_no() const { return grant_.producer_no; }
  int64_t epoch() const { return grant_.epoch; }
  const std::string& token() const { return grant_.token; }
  const std::string& producer_id() const { return producer_id_; }
  const std::string& user_agent() const { return user_agent_; }

 private:
  enum class Phase { kAwaitingHello, kAwaitingGrant, kOpen, kClosing };

  void Refuse(v1::RefusalReason reason, const std::string& message);
  void Acknowledge(const PieceResult& result);
  bool HasAnswers() const { return !answers_.empty() || acknowledge_; }

  const int project_id_;
  const StreamLimits limits_;
  Phase phase_ = Phase::kAwaitingHello;
  std::string producer_id_;
  std::string user_agent_;
  HelloAnswer grant_;
  int64_t next_sequence_ = 0;
  int64_t committed_ = 0;
  int staged_pieces_ = 0;
  size_t staged_bytes_ = 0;
  std::deque<v1::StreamEventsResponse> answers_;  // before the next Committed
  bool acknowledge_ = false;
  std::deque<v1::Rejection> rejections_;
  size_t unsent_bytes_ = 0;
  size_t staged_rejection_bytes_ = 0;
  std::optional<absl::Status> end_;
  bool at_once_ = false;
  bool draining_ = false;
};

}  // namespace donut::collector
