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

void StreamReactor::HandleRead() {
  {
    MutexLock lock(mutex_);
    if (finished_) return;
  }
  if (!context_.queue.HasRoom()) {
    // The message stays as it is, counted by gRPC, until there is room. Then a thread of
    // gRPC's goes on, not the lane's that made the room.
    context_.queue.WhenRoom([weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self == nullptr) return;
      MutexLock lock(self->mutex_);
      if (self->finished_) return;
      self->resume_timer_.Set(absl::ZeroDuration(), [weak] {
        if (const auto resumed = weak.lock()) resumed->HandleRead();
      });
    });
    return;
  }
  absl::Status status = HandleMessage(incoming_);
  incoming_.Clear();
  MutexLock lock(mutex_);
  reading_ = false;
  last_activity_ = context_.clock.Now();
  if (!status.ok()) state_.End(std::move(status));
  Pump();
}

absl::Status StreamReactor::HandleMessage(const grpc::ByteBuffer& buffer) {
  const grpc::Slice slice = OneSlice(buffer);
  ASSIGN_OR_RETURN(StreamMessage message, ReadStreamMessage(BytesOf(slice)));
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
      state_.OnGrant(std::move(available));
      return absl::OkStatus();
    }
  }
  context_.queue.Submit(std::move(claim),
                        [self = shared_from_this()](const absl::StatusOr<HelloAnswer>& answer) {
                          MutexLock lock(self->mutex_);
                          self->last_activity_ = self->context_.clock.Now();
                          self->state_.OnGrant(answer);
                          self->Pump();
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
  if (from > last) return absl::OkStatus();
  StagedPiece piece = NewPiece(from, last);
  ASSIGN_OR_RETURN(piece.batch, PrepareEvents(batch.events, first, static_cast<size_t>(from - first),
                                              context_.clock.Now(), "batch.events"));
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
  {
    MutexLock lock(mutex_);
    RETURN_IF_ERROR(state_.OnClose());
  }
  StagedPiece piece = NewPiece(0, -1);
  piece.close = true;
  Stage(std::move(piece));
  return absl::OkStatus();
}

void StreamReactor::Stage(StagedPiece piece) {
  const size_t bytes = piece.MemoryBytes();
  std::string key;
  {
    MutexLock lock(mutex_);
    state_.OnStaged(bytes);
    key = state_.producer_id();
  }
  const int64_t last = piece.last;
  const bool close = piece.close;
  context_.queue.Submit(key, std::move(piece),
                        [self = shared_from_this(), last, close, bytes](const PieceResult& result) {
                          MutexLock lock(self->mutex_);
                          self->state_.OnResult(last, close, bytes, result);
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
  context_.registry.Remove(this);  // may delete this
}

void StreamReactor::Pump() {
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
  if (!reading_ && state_.WantsRead()) {
    reading_ = true;
    StartRead(&incoming_);
  }
}

void StreamReactor::Finish(const absl::Status& status) {
  finished_ = true;
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

absl::Duration StreamReactor::CurrentLimit() const {
  if (state_.awaits_hello()) return context_.options.hello_limit;
  if (state_.awaits_grant()) return context_.options.answer_limit;
  return context_.options.idle_limit;
}

void StreamReactor::SetTimer(absl::Duration after) {
  limit_timer_.Set(after, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->OnTimer();
  });
}

void StreamReactor::OnTimer() {
  MutexLock lock(mutex_);
  if (finished_) return;
  const absl::Duration limit = CurrentLimit();
  absl::Duration left = last_activity_ + limit - context_.clock.Now();
  // A clock that stepped back must not keep a stream for ever.
  left = std::min(left, limit);
  if (left > absl::ZeroDuration() || (state_.has_staged() && !writing_)) {
    SetTimer(std::max(left, absl::Seconds(1)));
    return;
  }
  if (writing_) {
    // The client does not take its answers, so no end could reach it either.
    call_->TryCancel();
  } else if (state_.awaits_grant()) {
    state_.End(absl::UnavailableError("the database does not answer; connect again later"), true);
  } else if (state_.awaits_hello()) {
    state_.End(
        absl::DeadlineExceededError("no hello came in time; it must be the first message of a stream"));
  } else {
    state_.End(
        absl::DeadlineExceededError("the stream was idle for too long; connect again when there is more"));
  }
  Pump();
}

}  // namespace donut::collector
