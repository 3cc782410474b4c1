#include "collector/stream_reactor.h"

#include <utility>
#include <variant>
#include <vector>

#include "collector/event_preparation.h"
#include "collector/wire_bytes.h"
#include "common/grpc_status.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/status_macros.h"
#include "common/utf8.h"

namespace donut::collector {
namespace {

// What a stream that was held gets for its next message, before the room that was meant for it goes on.
constexpr absl::Duration kReadHeadStart = absl::Milliseconds(5);

// Only these need room. Hello, Skipped and Close are small, and a stream has at most one of them read
// while there is none.
bool HoldsEvents(const StreamMessage& message) {
  return std::holds_alternative<BatchFrame>(message) || std::holds_alternative<v1::Unparsed>(message);
}

}  // namespace

StreamReactor::~StreamReactor() { context_.unsent_bytes -= counted_unsent_; }

StreamReactor* StreamReactor::Start(grpc::CallbackServerContext* call, int project_id,
                                    StreamContext& context) {
  auto stream = std::make_shared<StreamReactor>(call, project_id, context);
  if (!context.registry.Add(stream)) return nullptr;
  MutexLock lock(stream->mutex_);
  stream->SetTimer(context.options.hello_limit);
  stream->Pump();
  return stream.get();
}

StreamReactor::StreamReactor(grpc::CallbackServerContext* call, int project_id, StreamContext& context)
    : call_(call),
      project_id_(project_id),
      context_(context),
      state_(project_id, context.options.stream),
      last_activity_(context.clock.Now()) {}

void StreamReactor::Drain(absl::Duration retry_after) {
  MutexLock lock(mutex_);
  state_.Drain(retry_after);
  Pump();
}

void StreamReactor::OnReadDone(bool ok) {
  if (ok) {
    HandleRead();
    return;
  }
  MutexLock lock(mutex_);
  // Nothing more can be read, so this read is never marked as handled. A client that died is no news.
  cancelled_ = cancelled_ || call_->IsCancelled();
  state_.OnHalfClose();
  Pump();
}

bool StreamReactor::WaitsForRoom() {
  room_ticket_ = context_.queue.WaitForRoom([weak = weak_from_this(), &queue = context_.queue] {
    if (const auto self = weak.lock()) {
      self->OnRoom();
    } else {
      queue.PassRoomOn();
    }
  });
  // What it was given is gone; those behind it go on when something is committed.
  if (room_ticket_) owes_room_ = false;
  return room_ticket_.has_value();
}

void StreamReactor::OnRoom() {
  {
    MutexLock lock(mutex_);
    room_ticket_.reset();
    if (!finished_) {
      owes_room_ = true;
      last_activity_ = context_.clock.Now();
      // A thread of gRPC's goes on, not the one that made the room.
      resume_timer_.Set(absl::ZeroDuration(), [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->Resume();
      });
      return;
    }
  }
  context_.queue.PassRoomOn();
}

void StreamReactor::Resume() {
  bool holds_message = false;
  {
    MutexLock lock(mutex_);
    if (finished_) return;  // OnDone() passes the room on
    holds_message = std::exchange(holds_message_, false);
    if (!holds_message) Pump();
    if (!holds_message && reading_) {
      // A client may have nothing to send: those behind it do not wait for that.
      resume_timer_.Set(kReadHeadStart, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->PassRoomOn();
      });
      return;
    }
  }
  if (holds_message) {
    HandleRead();
  } else {
    PassRoomOn();
  }
}

void StreamReactor::PassRoomOn() {
  {
    MutexLock lock(mutex_);
    if (!std::exchange(owes_room_, false)) return;
  }
  context_.queue.PassRoomOn();
}

void StreamReactor::HandleRead() {
  const grpc::Slice slice = OneSlice(incoming_);
  absl::StatusOr<StreamMessage> message = ReadStreamMessage(BytesOf(slice));
  {
    MutexLock lock(mutex_);
    if (finished_) return;
    // It stays as it is, counted by gRPC, and is looked at again when there is room.
    holds_message_ = message.ok() && HoldsEvents(*message) && WaitsForRoom();
    if (holds_message_) return;
  }
  context_.queue.metrics().by_stream.bytes.Add(static_cast<int64_t>(slice.size()));
  absl::Status status = message.ok() ? HandleMessage(*message) : message.status();
  incoming_.Clear();
  {
    MutexLock lock(mutex_);
    reading_ = false;
    last_activity_ = context_.clock.Now();
    if (!status.ok()) state_.End(std::move(status));
    Pump();
  }
  PassRoomOn();
}

absl::Status StreamReactor::HandleMessage(StreamMessage& message) {
  if (auto* hello = std::get_if<v1::Hello>(&message)) return HandleHello(*hello);
  if (auto* batch = std::get_if<BatchFrame>(&message)) return HandleBatch(*batch);
  if (auto* skipped = std::get_if<v1::Skipped>(&message)) return HandleSkipped(*skipped);
  if (auto* unparsed = std::get_if<v1::Unparsed>(&message)) return HandleUnparsed(*unparsed);
  return HandleClose();
}

absl::Status StreamReactor::HandleHello(const v1::Hello& hello) {
  HelloClaim claim;
  {
    MutexLock lock(mutex_);
    ASSIGN_OR_RETURN(claim, state_.OnHello(hello));
    last_activity_ = context_.clock.Now();
    if (absl::Status available = context_.queue.CheckAvailable(); !available.ok()) {
      context_.queue.metrics().Count(HelloOutcome::kUnavailable);
      state_.OnGrant(std::move(available));
      return absl::OkStatus();
    }
  }
  context_.queue.Submit(
      std::move(claim),
      [self = shared_from_this()](const absl::StatusOr<HelloAnswer>& answer) {
        MutexLock lock(self->mutex_);
        self->last_activity_ = self->context_.clock.Now();
        self->state_.OnGrant(answer);
        self->Pump();
      },
      [self = shared_from_this()] {
        MutexLock lock(self->mutex_);
        return !self->finished_ && !self->cancelled_ && self->state_.wants_grant();
      });
  return absl::OkStatus();
}

StagedPiece StreamReactor::NewPiece(int64_t first, int64_t last) {
  StagedPiece piece;
  piece.project_id = project_id_;
  piece.first = first;
  piece.last = last;
  piece.batch.received_us = absl::ToUnixMicros(context_.clock.Now());
  MutexLock lock(mutex_);
  piece.producer_no = state_.producer_no();
  piece.epoch = state_.epoch();
  piece.token = state_.token();
  return piece;
}

absl::Status StreamReactor::HandleBatch(BatchFrame& batch) {
  const int64_t first = batch.first_sequence;
  const int64_t last = first + static_cast<int64_t>(batch.events.size()) - 1;
  int64_t from = 0;
  {
    MutexLock lock(mutex_);
    ASSIGN_OR_RETURN(from, state_.OnNumbers(first, last, "batch.first_sequence"));
  }
  CollectorMetrics& metrics = context_.queue.metrics();
  metrics.by_stream.batches.Add();
  metrics.events_duplicate.Add(from - first);
  if (from > last) return absl::OkStatus();
  StagedPiece piece = NewPiece(from, last);
  ASSIGN_OR_RETURN(const KeyedHash hash, context_.hash.Get());
  const EventSource source{.project_id = project_id_,
                           .producer_no = piece.producer_no,
                           .first_sequence = first,
                           .passed_over = static_cast<size_t>(from - first),
                           .field = "batch.events"};
  ASSIGN_OR_RETURN(piece.batch, PrepareEvents(batch.events, source, hash, context_.clock.Now()));
  piece.bookmark = std::move(batch.bookmark);
  Stage(std::move(piece));
  return absl::OkStatus();
}

absl::Status StreamReactor::HandleSkipped(const v1::Skipped& skipped) {
  int64_t from = 0;
  {
    MutexLock lock(mutex_);
    ASSIGN_OR_RETURN(
        from, state_.OnNumbers(skipped.first_sequence(), skipped.last_sequence(), "skipped.first_sequence"));
  }
  if (from > skipped.last_sequence()) return absl::OkStatus();
  StagedPiece piece = NewPiece(from, skipped.last_sequence());
  piece.skip_reason = skipped.reason();
  Stage(std::move(piece));
  return absl::OkStatus();
}

absl::Status StreamReactor::HandleUnparsed(v1::Unparsed& unparsed) {
  const int64_t sequence = unparsed.sequence();
  int64_t from = 0;
  {
    MutexLock lock(mutex_);
    ASSIGN_OR_RETURN(from, state_.OnNumbers(sequence, sequence, "unparsed.sequence"));
  }
  if (from > sequence) return absl::OkStatus();
  StagedPiece piece = NewPiece(sequence, sequence);
  std::string payload = std::move(*unparsed.mutable_payload());
  if (payload.size() > limits::kMaxUnparsedBytes) payload.resize(limits::kMaxUnparsedBytes);
  piece.batch.rejected.push_back({sequence, v1::REJECTION_REASON_UNPARSED,
                                  ToStorableText(unparsed.reason(), limits::kMaxUnparsedReasonBytes),
                                  std::move(payload)});
  piece.bookmark = unparsed.bookmark();
  Stage(std::move(piece));
  return absl::OkStatus();
}

absl::Status StreamReactor::HandleClose() {
  int64_t next = 0;
  {
    MutexLock lock(mutex_);
    RETURN_IF_ERROR(state_.OnClose());
    next = state_.next_sequence();
  }
  // No numbers, at the place behind all that came before.
  StagedPiece piece = NewPiece(next, next - 1);
  piece.close = true;
  Stage(std::move(piece));
  return absl::OkStatus();
}

void StreamReactor::Stage(StagedPiece piece) {
  const StagedSize size = SizeOf(piece);
  std::string key;
  {
    MutexLock lock(mutex_);
    state_.OnStaged(size);
    owes_room_ = false;
    key = state_.producer_id();
  }
  const int64_t last = piece.last;
  const bool close = piece.close;
  context_.queue.Submit(key, std::move(piece),
                        [self = shared_from_this(), last, close, size](const PieceResult& result) {
                          MutexLock lock(self->mutex_);
                          self->state_.OnResult(size, last, close, result);
                          self->Pump();
                        });
}

void StreamReactor::OnWriteDone(bool ok) {
  MutexLock lock(mutex_);
  writing_ = false;
  outgoing_.Clear();
  if (ok) last_activity_ = context_.clock.Now();
  cancelled_ = cancelled_ || !ok;
  Pump();
}

void StreamReactor::OnCancel() {
  MutexLock lock(mutex_);
  cancelled_ = true;
  Pump();
}

void StreamReactor::OnDone() {
  {
    MutexLock lock(mutex_);
    limit_timer_.Cancel();
    resume_timer_.Cancel();
  }
  PassRoomOn();
  context_.registry.Remove(this);  // may delete this
}

void StreamReactor::Pump() {
  CountUnsent();
  // The end waits for a write in flight: it fails at once when the call is cancelled.
  if (finished_ || writing_) return;
  if (cancelled_) {
    Finish(absl::CancelledError("the client is gone"));
    return;
  }
  if (std::optional<v1::StreamEventsResponse> response = state_.NextResponse()) {
    writing_ = true;
    outgoing_ = Serialized(*response);
    StartWrite(&outgoing_);
  } else if (const std::optional<absl::Status> status = state_.FinalStatus()) {
    Finish(*status);
    return;
  }
  // An open stream asks for room before it reads: what is read waits in gRPC's memory, and when that is
  // used up gRPC resets streams. A Hello stages nothing.
  if (!reading_ && !room_ticket_ && state_.WantsRead() && !(state_.is_open() && WaitsForRoom())) {
    reading_ = true;
    StartRead(&incoming_);
  }
}

void StreamReactor::Finish(const absl::Status& status) {
  finished_ = true;
  context_.queue.metrics().streams_ended.Add(static_cast<int>(status.code()));
  // When it is too late for that, OnRoom() passes the room on.
  if (room_ticket_) context_.queue.LeaveLine(*room_ticket_);
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>::Finish(ToGrpc(status));
  if (status.ok() || status.code() == absl::StatusCode::kCancelled || state_.is_draining()) return;
  if (const std::optional<int64_t> held_back = context_.error_log.Pass(context_.clock.Now())) {
    Log(Severity::kWarning, "stream ended in error",
        {{"code", absl::StatusCodeToString(status.code())},
         {"error", std::string(status.message())},
         {"project", project_id_},
         {"producer_no", state_.producer_no()},
         {"client", state_.user_agent()},
         {"not_logged_before", *held_back}});
  }
}

}  // namespace donut::collector
