#include "collector/track_call.h"

#include <algorithm>
#include <utility>

#include "collector/event_preparation.h"
#include "collector/request_reader.h"
#include "collector/wire_bytes.h"
#include "common/grpc_status.h"
#include "common/status_macros.h"

namespace donut::collector {
namespace {

constexpr absl::Duration kCallRetryDelay = absl::Seconds(1);

v1::TrackEventsResponse ResponseFor(const PieceResult& result) {
  v1::TrackEventsResponse response;
  response.set_stored_count(result.stored_count);
  response.set_duplicate_count(result.duplicate_count);
  for (const v1::Rejection& rejection : result.rejections) *response.add_rejections() = rejection;
  return response;
}

}  // namespace

TrackCall* TrackCall::Start(grpc::CallbackServerContext* call, int project_id,
                            const grpc::ByteBuffer& request, grpc::ByteBuffer* response,
                            TrackContext& context) {
  auto track = std::make_shared<TrackCall>(response, context);
  track->self_ = track;
  ++context.waiting_calls;
  const absl::Status status = track->Submit(call, project_id, request);
  if (!status.ok()) {
    MutexLock lock(track->mutex_);
    track->FinishOnce(status);
  }
  return track.get();
}

absl::Status TrackCall::Submit(grpc::CallbackServerContext* call, int project_id,
                               const grpc::ByteBuffer& request) {
  const grpc::Slice slice = OneSlice(request);
  CollectorMetrics& metrics = context_.queue.metrics();
  metrics.by_call.bytes.Add(static_cast<int64_t>(slice.size()));
  ASSIGN_OR_RETURN(const auto events, ReadTrackEvents(BytesOf(slice)));
  metrics.by_call.batches.Add();
  RETURN_IF_ERROR(context_.queue.CheckAvailable());
  if (!context_.queue.HasRoom() || context_.waiting_calls > context_.options.max_waiting_calls) {
    return WithRetryDelay(
        absl::ResourceExhaustedError("the collector has as much waiting as it may; try again later"),
        kCallRetryDelay);
  }
  StagedPiece piece;
  piece.project_id = project_id;
  piece.unary = true;
  piece.first = 0;
  piece.last = static_cast<int64_t>(events.size()) - 1;
  ASSIGN_OR_RETURN(const KeyedHash hash, context_.hash.Get());
  ASSIGN_OR_RETURN(piece.batch, PrepareEvents(events, {.project_id = project_id, .field = "events"}, hash,
                                              context_.clock.Now()));
  SetTimer(call);
  // The collector's own producer of the project has one lane.
  context_.queue.Submit("", std::move(piece),
                        [self = shared_from_this()](const PieceResult& result) { self->Answer(result); });
  return absl::OkStatus();
}

void TrackCall::SetTimer(grpc::CallbackServerContext* call) {
  // The caller's deadline cancels the call by itself; a little before, it can still be told why.
  constexpr absl::Duration kBeforeDeadline = absl::Milliseconds(20);
  const absl::Time deadline = absl::FromChrono(call->deadline()) - kBeforeDeadline;
  const absl::Duration to_deadline = deadline - absl::Now();
  const bool callers = to_deadline < context_.options.answer_limit;
  const absl::Duration after =
      std::max(absl::ZeroDuration(), std::min(to_deadline, context_.options.answer_limit));
  MutexLock lock(mutex_);
  timer_.Set(after, [weak = weak_from_this(), callers] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    MutexLock inner(self->mutex_);
    self->FinishOnce(callers ? absl::DeadlineExceededError(
                                   "the deadline passed before COMMIT; the events may or may not be stored")
                             : absl::UnavailableError(
                                   "the database does not answer; the events may or may not be stored"));
  });
}

void TrackCall::Answer(const PieceResult& result) {
  MutexLock lock(mutex_);
  if (finished_) return;
  if (result.status.ok()) *response_ = Serialized(ResponseFor(result));
  FinishOnce(result.status);
}

void TrackCall::FinishOnce(const absl::Status& status) {
  if (finished_) return;
  finished_ = true;
  context_.queue.metrics().calls.Add(static_cast<int>(status.code()));
  Finish(ToGrpc(status));
}

void TrackCall::OnCancel() {
  MutexLock lock(mutex_);
  FinishOnce(absl::CancelledError("the caller is gone"));
}

void TrackCall::OnDone() {
  --context_.waiting_calls;
  std::shared_ptr<TrackCall> last_reference;
  MutexLock lock(mutex_);
  timer_.Cancel();
  last_reference = std::move(self_);
}

}  // namespace donut::collector
