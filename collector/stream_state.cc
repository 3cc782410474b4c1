#include "collector/stream_state.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/proto_time.h"

namespace donut::collector {
namespace {

size_t BytesOf(const v1::Rejection& rejection) { return sizeof(rejection) + rejection.detail().capacity(); }

}  // namespace

StagedSize SizeOf(const StagedPiece& piece) {
  StagedSize size{.bytes = piece.MemoryBytes()};
  for (const RejectedEvent& event : piece.batch.rejected) {
    size.rejection_bytes += sizeof(v1::Rejection) + event.detail.capacity();
  }
  return size;
}

bool StreamState::WantsRead() const {
  return !end_ && (phase_ == Phase::kAwaitingHello || phase_ == Phase::kOpen) &&
         staged_bytes_ < limits_.max_staged_bytes &&
         unsent_bytes_ + staged_rejection_bytes_ < limits_.max_unsent_bytes;
}

absl::StatusOr<HelloClaim> StreamState::OnHello(const v1::Hello& hello) {
  if (phase_ != Phase::kAwaitingHello) return InvalidField("hello", "came twice; it opens a stream, once");
  phase_ = Phase::kAwaitingGrant;
  producer_id_ = hello.producer_id();
  user_agent_ = hello.user_agent();
  HelloClaim claim;
  claim.project_id = project_id_;
  claim.producer_id = hello.producer_id();
  claim.epoch = hello.epoch();
  claim.token = hello.token();
  claim.earlier_tokens.assign(hello.earlier_tokens().begin(), hello.earlier_tokens().end());
  claim.durable = hello.durable();
  return claim;
}

void StreamState::OnGrant(const absl::StatusOr<HelloAnswer>& answer) {
  if (!answer.ok()) {
    End(answer.status(), true);
    return;
  }
  grant_ = *answer;
  switch (answer->verdict) {
    case HelloVerdict::kUnknownProducer:
      Refuse(v1::REFUSAL_REASON_UNKNOWN_PRODUCER,
             "the ledger has no such producer any more (it was deleted by age); take a new producer_id");
      return;
    case HelloVerdict::kForeignEpoch:
      Refuse(v1::REFUSAL_REASON_FOREIGN_EPOCH,
             "somebody else used this producer_id since the presented epoch; take a new producer_id");
      return;
    case HelloVerdict::kCreate:
    case HelloVerdict::kGrant:
      break;
  }
  phase_ = Phase::kOpen;
  committed_ = answer->committed_sequence;
  next_sequence_ = committed_ + 1;
  v1::Welcome* welcome = answers_.emplace_back().mutable_welcome();
  welcome->set_epoch(answer->epoch);
  welcome->set_committed_sequence(committed_);
  welcome->set_bookmark(answer->bookmark);
  welcome->set_bookmark_sequence(answer->bookmark_sequence);
}

absl::StatusOr<int64_t> StreamState::OnNumbers(int64_t first, int64_t last, const std::string& field) {
  if (phase_ == Phase::kAwaitingHello) return InvalidField("hello", "must be the first message of a stream");
  if (phase_ != Phase::kOpen) return InvalidField("message", "nothing may follow close");
  if (first > next_sequence_) {
    return InvalidField(field, absl::StrCat("is ", first, ", a gap: the next number is ", next_sequence_,
                                            "; send Skipped for numbers that will never come"));
  }
  if (last < next_sequence_) {
    acknowledge_ = acknowledge_ || last <= committed_;
    return last + 1;
  }
  return std::exchange(next_sequence_, last + 1);
}

absl::Status StreamState::OnClose() {
  if (phase_ == Phase::kAwaitingHello) return InvalidField("hello", "must be the first message of a stream");
  phase_ = Phase::kClosing;
  return absl::OkStatus();
}

void StreamState::OnHalfClose() {
  if (phase_ == Phase::kClosing) return;
  if (phase_ == Phase::kAwaitingHello) {
    End(InvalidField("hello", "must be the first message of a stream; this one ended without any"));
  } else {
    End(InvalidField("close", "must end a stream; what was acknowledged is stored, send the rest again"));
  }
}

void StreamState::OnStaged(const StagedSize& size) {
  ++staged_pieces_;
  staged_bytes_ += size.bytes;
  staged_rejection_bytes_ += size.rejection_bytes;
}

void StreamState::Acknowledge(const PieceResult& result) {
  for (const v1::Rejection& rejection : result.rejections) {
    unsent_bytes_ += BytesOf(rejection);
    rejections_.push_back(rejection);
  }
  acknowledge_ = true;
}

void StreamState::OnResult(const StagedSize& staged, int64_t last, bool close, const PieceResult& result) {
  --staged_pieces_;
  staged_bytes_ -= staged.bytes;
  staged_rejection_bytes_ -= staged.rejection_bytes;
  // Nothing after a piece that failed counts.
  if (end_ && at_once_) return;
  if (!result.status.ok()) {
    End(result.status, true);
    return;
  }
  switch (result.verdict) {
    case PieceVerdict::kFenced:
      Refuse(v1::REFUSAL_REASON_FENCED, "a newer stream of this producer has taken over");
      return;
    case PieceVerdict::kUnknownProducer:
      Refuse(v1::REFUSAL_REASON_UNKNOWN_PRODUCER,
             "the ledger has no such producer any more; take a new producer_id");
      return;
    case PieceVerdict::kGap:
      End(absl::UnavailableError(
              "an earlier batch of this stream was not stored; connect again and go on from there"),
          true);
      return;
    case PieceVerdict::kMoves:
    case PieceVerdict::kAlreadyCommitted:
      break;
  }
  committed_ = std::max(committed_, last);
  Acknowledge(result);
  if (close) End(absl::OkStatus());
}

void StreamState::Drain(absl::Duration retry_after) {
  if (end_ || phase_ == Phase::kClosing) return;
  draining_ = true;
  *answers_.emplace_back().mutable_draining()->mutable_retry_after() = ToProto(retry_after);
  End(WithRetryDelay(absl::UnavailableError("the collector is going down; connect again, elsewhere or later"),
                     retry_after));
}

void StreamState::Refuse(v1::RefusalReason reason, const std::string& message) {
  if (end_ && at_once_) return;
  answers_.emplace_back().mutable_refused()->set_reason(reason);
  End(absl::AbortedError(message), true);
}

void StreamState::End(absl::Status status, bool at_once) {
  // The first reason stands, unless what was waited for fails.
  if (end_ && (at_once_ || !at_once)) return;
  end_ = std::move(status);
  at_once_ = at_once;
}

std::optional<v1::StreamEventsResponse> StreamState::NextResponse() {
  if (!answers_.empty()) {
    v1::StreamEventsResponse response = std::move(answers_.front());
    answers_.pop_front();
    return response;
  }
  if (!acknowledge_) return std::nullopt;
  v1::StreamEventsResponse response;
  v1::Committed* committed = response.mutable_committed();
  committed->set_sequence(committed_);
  while (!rejections_.empty() && committed->rejections_size() < limits_.max_rejections) {
    unsent_bytes_ -= BytesOf(rejections_.front());
    *committed->add_rejections() = std::move(rejections_.front());
    rejections_.pop_front();
  }
  // More than one message can carry: this one goes as far as its last rejection.
  if (!rejections_.empty()) committed->set_sequence(committed->rejections().rbegin()->sequence());
  acknowledge_ = !rejections_.empty();
  return response;
}

void StreamState::DropAnswers() {
  answers_.clear();
  rejections_ = {};
  unsent_bytes_ = 0;
  acknowledge_ = false;
}

std::optional<absl::Status> StreamState::FinalStatus() const {
  if (!end_ || HasAnswers()) return std::nullopt;
  const bool must_wait = phase_ == Phase::kAwaitingGrant || staged_pieces_ > 0;
  return must_wait && !at_once_ ? std::nullopt : std::optional<absl::Status>(*end_);
}

}  // namespace donut::collector
