#include "client_lib/delivery_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/limits.h"
#include "common/proto_time.h"

namespace donut {
namespace {

constexpr int kFailuresUntilWarning = 3;
// While somebody waits in Flush or Shutdown.
constexpr absl::Duration kUrgentBackoff = absl::Milliseconds(250);
// A stream that lived so long was no failure.
constexpr absl::Duration kHealthyStream = absl::Seconds(10);
constexpr absl::Duration kMostRetryAfter = absl::Seconds(30);
// With nothing on its way, so much is worth a message of its own: less costs more to send and to commit than
// it gains by arriving sooner.
constexpr size_t kWorthwhileBytes = 32 << 10;

}  // namespace

DeliverySession::DeliverySession(SessionOptions options, DeliveryQueue* queue)
    : options_(std::move(options)),
      queue_(queue),
      backoff_(options_.first_backoff, options_.most_backoff),
      producer_id_(options_.producer_id.empty() ? options_.random_bytes(limits::kProducerIdBytes)
                                                : options_.producer_id),
      commit_patience_(options_.commit_timeout),
      poison_(options_.batch.max_events) {}

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
    return {.kind = Action::Kind::kWrite, .message = {.head = ComposeHello()}};
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
  if (closing_ && queue_->empty()) return WriteClose(now);
  const bool window_full = poison_.searching() ? queue_->cursor() > queue_->first_undecided()
                                               : queue_->in_flight_bytes() >= options_.window_bytes;
  if (window_full) return {.until = silent_at};
  const Amount enough = EnoughToSend(now);
  if (queue_->unsent_count() < enough.events && queue_->unsent_bytes() < enough.bytes) {
    const absl::Time at_once_from = sent_at_ + options_.linger;
    return {.until = now < at_once_from ? std::min(at_once_from, silent_at) : silent_at,
            .wake_events = enough.events,
            .wake_bytes = enough.bytes};
  }
  writing_ = true;
  sent_at_ = now;
  if (queue_->cursor() == queue_->first_undecided()) unanswered_since_ = now;
  auto message = queue_->NextMessage({poison_.batch_events(), options_.batch.max_bytes});
  return {.kind = Action::Kind::kWrite, .message = std::move(message.wire)};
}

// How much has to be unsent before the next message. The first event after a pause goes out at once; what
// follows gathers, so that there is at most one small message in each `linger`. With nothing on its way
// (the collector is quick) it gathers for less; while an answer is awaited, until a batch is full.
DeliverySession::Amount DeliverySession::EnoughToSend(absl::Time now) const {
  const bool sent_before = queue_->cursor() <= queue_->max_sent_sequence();  // it has waited long enough
  const int64_t sent_total = queue_->taken_total() - queue_->unsent_count();
  const bool wanted_soon = closing_ || flush_through_ > sent_total;
  if (sent_before || wanted_soon || now >= sent_at_ + options_.linger) return kAnyEvent;
  const bool nothing_on_its_way = queue_->cursor() == queue_->first_undecided();
  return {options_.batch.max_events, nothing_on_its_way ? std::min(kWorthwhileBytes, options_.batch.max_bytes)
                                                        : options_.batch.max_bytes};
}

DeliverySession::Action DeliverySession::WriteClose(absl::Time now) {
  close_written_ = writing_ = true;
  state_ = State::kEnding;
  deadline_ = now + options_.end_timeout;
  v1::StreamEventsRequest request;
  request.mutable_close();
  return {.kind = Action::Kind::kWrite, .message = {.head = request.SerializeAsString()}};
}

DeliverySession::Action DeliverySession::GiveUpSilentStream() {
  news_.warning = absl::StrCat("the collector acknowledged nothing for ",
                               absl::FormatDuration(commit_patience_), "; connecting again");
  commit_patience_ = std::min(commit_patience_ * 2, options_.most_commit_timeout);
  went_silent_ = true;
  state_ = State::kCancelled;
  return {.kind = Action::Kind::kCancel};
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
  sent_at_ = absl::InfinitePast();
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
  poison_.OnDecided(queue_->first_undecided());
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
  unanswered_since_ = absl::InfiniteFuture();
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

void DeliverySession::JudgeFailure(const absl::Status& status) {
  switch (poison_.OnFailure(status, queue_->first_undecided(), queue_->cursor())) {
    case PoisonSearch::Verdict::kNone:
      return;
    case PoisonSearch::Verdict::kNarrower:
      break;
    case PoisonSearch::Verdict::kFirstIsIt:
      queue_->Rewind();
      if (queue_->SkipFirst(v1::SKIP_REASON_POISONOUS)) {
        ++counters_.poisonous;
        ++news_.dropped;
        news_.warning = "an event broke its stream three times and was skipped";
      }
      poison_.Trust();
      break;
  }
  backoff_.Reset();
}

void DeliverySession::TakeNewId(const std::string& why) {
  new_id_wanted_ = false;
  producer_id_ = options_.random_bytes(limits::kProducerIdBytes);
  epoch_ = 0;
  earlier_tokens_.clear();
  poison_.Trust();
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
