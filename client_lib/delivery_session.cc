#include "client_lib/delivery_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/limits.h"
#include "common/proto_time.h"

namespace donut {
namespace {

constexpr int kFailuresUntilSuspicion = 3;
constexpr int kFailuresUntilWarning = 3;
// While somebody waits in Flush or Shutdown.
constexpr absl::Duration kUrgentBackoff = absl::Milliseconds(250);
// A stream that lived so long was no failure.
constexpr absl::Duration kHealthyStream = absl::Seconds(10);
constexpr absl::Duration kMostRetryAfter = absl::Seconds(30);

// Whether what was sent may have caused this end, and not the network or the collector's state.
bool BlamesMessages(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:  // a message that does not parse looks like an orderly end to some servers
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kDataLoss:
      return true;
    default:
      return false;
  }
}

}  // namespace

DeliverySession::DeliverySession(SessionOptions options, DeliveryQueue* queue)
    : options_(std::move(options)),
      queue_(queue),
      backoff_(options_.first_backoff, options_.most_backoff),
      producer_id_(options_.producer_id.empty() ? options_.random_bytes(limits::kProducerIdBytes)
                                                : options_.producer_id),
      commit_patience_(options_.commit_timeout),
      batch_events_(options_.batch.max_events) {}

// --- What to do next.

DeliverySession::Action DeliverySession::Next(absl::Time now) {
  switch (state_) {
    case State::kResting:
      return NextWhileResting(now);
    case State::kGreeting:
      return NextWhileGreeting(now);
    case State::kStreaming:
      return NextWhileStreaming(now);
    case State::kEnding:
      return NextWhileEnding(now);
    case State::kCancelled:
      return {};
    case State::kDone:
      break;
  }
  return {.kind = Action::Kind::kDone};
}

DeliverySession::Action DeliverySession::NextWhileResting(absl::Time now) {
  if (closing_ && queue_->empty()) {
    state_ = State::kDone;
    return {.kind = Action::Kind::kDone};
  }
  if (now < next_attempt_) return {.until = next_attempt_};
  state_ = State::kGreeting;
  deadline_ = now + options_.welcome_timeout;
  hello_written_ = writing_ = close_written_ = cancel_wanted_ = went_silent_ = false;
  retry_after_ = absl::ZeroDuration();
  return {.kind = Action::Kind::kOpen};
}

DeliverySession::Action DeliverySession::NextWhileGreeting(absl::Time now) {
  if (!hello_written_) {
    hello_written_ = writing_ = true;
    return {.kind = Action::Kind::kWrite, .bytes = ComposeHello()};
  }
  const bool pointless = closing_ && queue_->empty();
  if (now < deadline_ && !pointless) return {.until = deadline_};
  last_failure_ = absl::UnavailableError("the collector did not answer in time");
  state_ = State::kCancelled;
  return {.kind = Action::Kind::kCancel};
}

DeliverySession::Action DeliverySession::NextWhileStreaming(absl::Time now) {
  if (cancel_wanted_) {
    state_ = State::kCancelled;
    return {.kind = Action::Kind::kCancel};
  }
  const absl::Time silent_at = unanswered_since_ + commit_patience_;
  if (now >= silent_at) return GiveUpSilentStream();
  if (writing_) return {.until = silent_at};
  if (!queue_->HasUnsent()) {
    unsent_since_ = absl::InfiniteFuture();
    if (!closing_ || !queue_->empty()) return {.until = silent_at, .wake_events = 1, .wake_bytes = 0};
    close_written_ = writing_ = true;
    state_ = State::kEnding;
    deadline_ = now + options_.end_timeout;
    v1::StreamEventsRequest request;
    request.mutable_close();
    return {.kind = Action::Kind::kWrite, .bytes = request.SerializeAsString()};
  }
  unsent_since_ = std::min(unsent_since_, now);
  const bool suspecting = suspect_until_ > 0;
  const bool window_full = suspecting ? queue_->cursor() > queue_->first_undecided()
                                      : queue_->in_flight_bytes() >= options_.window_bytes;
  if (window_full) return {.until = silent_at};
  if (!IsWorthSending(now)) {
    return {.until = std::min(unsent_since_ + options_.linger, silent_at),
            .wake_events = options_.batch.max_events,
            .wake_bytes = options_.batch.max_bytes};
  }
  writing_ = true;
  if (queue_->cursor() == queue_->first_undecided()) unanswered_since_ = now;
  auto message = queue_->NextMessage({batch_events_, options_.batch.max_bytes});
  unsent_since_ = queue_->HasUnsent() ? now : absl::InfiniteFuture();
  return {.kind = Action::Kind::kWrite, .bytes = std::move(message.bytes)};
}

DeliverySession::Action DeliverySession::GiveUpSilentStream() {
  news_.warning = absl::StrCat("the collector acknowledged nothing for ",
                               absl::FormatDuration(commit_patience_), "; connecting again");
  commit_patience_ = std::min(commit_patience_ * 2, options_.most_commit_timeout);
  went_silent_ = true;
  state_ = State::kCancelled;
  return {.kind = Action::Kind::kCancel};
}

bool DeliverySession::IsWorthSending(absl::Time now) const {
  return urgent() || now >= unsent_since_ + options_.linger ||
         queue_->unsent_count() >= options_.batch.max_events ||
         queue_->unsent_bytes() >= options_.batch.max_bytes ||
         queue_->cursor() <= queue_->max_sent_sequence();  // sent before: it has waited long enough
}

DeliverySession::Action DeliverySession::NextWhileEnding(absl::Time now) {
  if (now < deadline_ && !cancel_wanted_) return {.until = deadline_};
  state_ = State::kCancelled;
  return {.kind = Action::Kind::kCancel};
}

std::string DeliverySession::ComposeHello() {
  v1::StreamEventsRequest request;
  v1::Hello& hello = *request.mutable_hello();
  hello.set_producer_id(producer_id_);
  hello.set_epoch(epoch_);
  hello.set_durable(options_.durable);
  hello.set_user_agent(options_.user_agent);
  for (const std::string& earlier : earlier_tokens_) hello.add_earlier_tokens(earlier);
  token_ = options_.random_bytes(limits::kTokenBytes);
  hello.set_token(token_);
  earlier_tokens_.push_back(token_);
  // The newest are kept: a lost grant belongs to one of the last attempts.
  if (earlier_tokens_.size() > limits::kMaxEarlierTokens) earlier_tokens_.pop_front();
  return request.SerializeAsString();
}

void DeliverySession::Flush(absl::Time now) {
  flush_through_ = queue_->taken_total();
  if (!queue_->empty()) next_attempt_ = std::min(next_attempt_, now);
}

void DeliverySession::Close(absl::Time now, bool only_if_answered) {
  closing_ = true;
  only_if_answered_ = only_if_answered;
  next_attempt_ = std::min(next_attempt_, now);
}

// --- What happened.

void DeliverySession::OnWritten() { writing_ = false; }

void DeliverySession::OnMessage(const std::string& bytes, absl::Time now) {
  if (state_ != State::kGreeting && state_ != State::kStreaming && state_ != State::kEnding) return;
  v1::StreamEventsResponse response;
  if (!response.ParseFromString(bytes)) return Distrust("an answer that does not parse");
  switch (response.message_case()) {
    case v1::StreamEventsResponse::kWelcome:
      return OnWelcome(response.welcome(), now);
    case v1::StreamEventsResponse::kCommitted:
      return OnCommitted(response.committed(), now);
    case v1::StreamEventsResponse::kRefused:
      return OnRefused(response.refused());
    case v1::StreamEventsResponse::kDraining:
      return OnDraining(response.draining(), now);
    case v1::StreamEventsResponse::MESSAGE_NOT_SET:
      return;  // from a newer collector
  }
}

void DeliverySession::OnWelcome(const v1::Welcome& welcome, absl::Time now) {
  if (state_ != State::kGreeting) return Distrust("a second Welcome");
  const int64_t committed = welcome.committed_sequence();
  epoch_ = welcome.epoch();
  earlier_tokens_.clear();
  if (!welcomed()) {
    committed_at_opening_ = committed;
    bookmark_at_opening_ = welcome.bookmark();
    bookmark_sequence_at_opening_ = welcome.bookmark_sequence();
    if (options_.durable) queue_->StartAt(committed + 1);
  }
  if (committed < queue_->first_undecided() - 1 || committed > queue_->max_sent_sequence()) {
    // The database went back to an older state, or somebody else used this id.
    if (options_.durable) {
      return Finish(absl::FailedPreconditionError(absl::StrCat(
          "the collector stands at number ", committed, " where ", queue_->first_undecided() - 1,
          " was acknowledged: its ledger went back or another process uses this source; start again")));
    }
    new_id_wanted_ = cancel_wanted_ = true;
    state_ = State::kEnding;
    return;
  }
  ++counters_.streams_opened;
  failures_in_a_row_ = 0;
  last_failure_ = absl::OkStatus();
  state_ = State::kStreaming;
  welcomed_at_ = now;
  const auto decided = queue_->Commit(committed);
  counters_.acknowledged += decided.events;
  news_.acknowledged += decided.events;
}

void DeliverySession::OnCommitted(const v1::Committed& committed, absl::Time now) {
  if (state_ == State::kGreeting) return Distrust("Committed before Welcome");
  if (committed.sequence() >= queue_->cursor()) return Distrust("Committed for what was not sent");
  std::vector<int64_t> rejected;
  rejected.reserve(committed.rejections_size());
  for (const v1::Rejection& rejection : committed.rejections()) rejected.push_back(rejection.sequence());
  const int64_t undecided_before = queue_->first_undecided();
  const auto decided = queue_->Commit(committed.sequence(), rejected);
  if (queue_->first_undecided() > undecided_before) {
    const bool in_flight = queue_->cursor() > queue_->first_undecided();
    unanswered_since_ = in_flight ? now : absl::InfiniteFuture();
    commit_patience_ = options_.commit_timeout;
  }
  // More rejections than events would be ones that were decided before.
  const int64_t rejections = std::min<int64_t>(committed.rejections_size(), decided.events);
  counters_.acknowledged += decided.events - rejections;
  counters_.rejected += rejections;
  news_.acknowledged += decided.events - rejections;
  for (int i = 0; i < committed.rejections_size(); ++i) {
    news_.rejected.push_back({committed.rejections(i), decided.rejected_names[i]});
  }
  if (decided.events > 0) backoff_.Reset();
  if (queue_->first_undecided() > suspect_until_) Trust();
}

void DeliverySession::OnRefused(const v1::Refused& refused) {
  cancel_wanted_ = true;
  const std::string reason = v1::RefusalReason_Name(refused.reason());
  if (!options_.durable) {
    new_id_wanted_ = true;
    state_ = State::kEnding;
    return;
  }
  if (refused.reason() == v1::REFUSAL_REASON_UNKNOWN_PRODUCER) {
    return Finish(
        absl::FailedPreconditionError("the collector does not know this source any more; start again"));
  }
  Finish(absl::AbortedError(absl::StrCat("another process has taken this source over (", reason, ")")));
}

void DeliverySession::OnDraining(const v1::Draining& draining, absl::Time now) {
  const auto retry_after = FromProto(draining.retry_after(), "retry_after");
  if (retry_after.ok()) retry_after_ = std::clamp(*retry_after, absl::ZeroDuration(), kMostRetryAfter);
  state_ = State::kEnding;
  deadline_ = now + options_.end_timeout;
}

// The other side does not speak the protocol: hang up and try again.
void DeliverySession::Distrust(const std::string& what) {
  last_failure_ = absl::InternalError(absl::StrCat("the collector sent ", what));
  news_.warning = last_failure_.ToString();
  cancel_wanted_ = true;
  state_ = State::kEnding;
}

void DeliverySession::OnClosed(const absl::Status& status, absl::Time now) {
  if (state_ == State::kDone || state_ == State::kResting) return;
  const bool greeting = welcomed_at_ == absl::InfinitePast();
  const bool orderly = state_ == State::kEnding && close_written_;
  if (orderly && queue_->empty()) {
    state_ = State::kDone;
    return;
  }
  if (greeting) {
    NoteFailure(status);
    if (IsFinal(status)) return Finish(status);
    if (closing_ && only_if_answered_ && !welcomed()) return Finish(absl::OkStatus());
  } else {
    if (IsFinal(status) && status.code() != absl::StatusCode::kInvalidArgument) return Finish(status);
    if (state_ == State::kStreaming && !cancel_wanted_) JudgeFailure(status);
    if (now - welcomed_at_ >= kHealthyStream && !went_silent_) backoff_.Reset();
  }
  state_ = State::kResting;
  welcomed_at_ = absl::InfinitePast();
  unsent_since_ = unanswered_since_ = absl::InfiniteFuture();
  queue_->Rewind();
  if (new_id_wanted_) TakeNewId("the collector refused this client's id");
  absl::Duration rest = std::max(backoff_.Next(), retry_after_);
  if (urgent()) rest = std::min(rest, kUrgentBackoff);
  next_attempt_ = now + rest;
}

void DeliverySession::NoteFailure(const absl::Status& status) {
  // A cancelled stream ends with CANCELLED: the reason was noted when it was cancelled.
  if (status.code() != absl::StatusCode::kCancelled || last_failure_.ok()) last_failure_ = status;
  if (last_failure_.ok())
    last_failure_ = absl::UnavailableError("the collector ended the stream without Welcome");
  ++failures_in_a_row_;
  if (failures_in_a_row_ == kFailuresUntilWarning) {
    news_.warning = absl::StrCat("events cannot be delivered yet (", last_failure_.ToString(),
                                 "); they wait in memory and the attempts go on");
  }
}

// What trying again does not cure; a live client tries all the same, in case somebody else cures it.
bool DeliverySession::IsFinal(const absl::Status& status) const {
  if (!options_.durable) return false;
  switch (status.code()) {
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kInvalidArgument:
      return true;
    default:
      return false;
  }
}

// Finds an event that breaks every stream that it is on. When the same first number was undecided at the
// end of three streams in a row, batches are halved and sent one at a time, until a single event is
// left that breaks its stream three times: it is skipped, and counted.
void DeliverySession::JudgeFailure(const absl::Status& status) {
  const bool sent_something = queue_->cursor() > queue_->first_undecided();
  if (!BlamesMessages(status) || !sent_something) return;
  const int64_t first = queue_->first_undecided();
  const int64_t sent = queue_->cursor() - first;
  if (first != suspect_ || (sent == 1) != suspect_alone_) suspect_failures_ = 0;
  suspect_ = first;
  suspect_alone_ = sent == 1;
  ++suspect_failures_;
  const bool often = suspect_failures_ >= kFailuresUntilSuspicion;
  if (suspect_alone_ && often) {
    queue_->Rewind();
    if (queue_->SkipFirst(v1::SKIP_REASON_POISONOUS)) {
      ++counters_.poisonous;
      ++news_.dropped;
      news_.warning = "an event broke its stream three times and was skipped";
    }
    Trust();
    backoff_.Reset();
  } else if (!suspect_alone_ && (often || suspect_until_ > 0)) {
    if (suspect_until_ == 0) suspect_until_ = queue_->cursor() - 1;
    batch_events_ = static_cast<int>(std::clamp<int64_t>(sent / 2, 1, batch_events_));
    suspect_failures_ = 0;
    backoff_.Reset();
  }
}

void DeliverySession::Trust() {
  suspect_until_ = suspect_ = suspect_failures_ = 0;
  batch_events_ = options_.batch.max_events;
}

void DeliverySession::TakeNewId(const std::string& why) {
  new_id_wanted_ = false;
  producer_id_ = options_.random_bytes(limits::kProducerIdBytes);
  epoch_ = 0;
  earlier_tokens_.clear();
  Trust();
  const int64_t in_doubt = queue_->StartOver();
  counters_.in_doubt += in_doubt;
  news_.dropped += in_doubt;
  news_.warning =
      absl::StrCat(why, "; ", in_doubt, " events that were sent and not acknowledged are in doubt");
}

void DeliverySession::Finish(absl::Status status) {
  state_ = State::kDone;
  terminal_status_ = std::move(status);
}

DeliveryNews DeliverySession::TakeNews() { return std::exchange(news_, {}); }

}  // namespace donut
