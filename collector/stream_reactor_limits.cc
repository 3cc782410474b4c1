// The part of stream_reactor.h that ends streams which take too long or too much.
#include <algorithm>
#include <utility>

#include "collector/stream_reactor.h"

namespace donut::collector {

void StreamReactor::CountUnsent() {
  const auto unsent = static_cast<int64_t>(state_.unsent_bytes());
  context_.unsent_bytes += unsent - std::exchange(counted_unsent_, unsent);
  const bool holds_much = unsent > static_cast<int64_t>(context_.options.stream.max_unsent_bytes);
  if (!holds_much || context_.unsent_bytes <= context_.options.max_unsent_bytes) return;
  state_.End(absl::ResourceExhaustedError("the client does not take its acknowledgements"), true);
  state_.DropAnswers();
  context_.unsent_bytes -= std::exchange(counted_unsent_, 0);
  given_up_ = true;
  // On a thread of gRPC's, which may cancel under a lock.
  SetTimer(absl::ZeroDuration());
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
  const bool waits_for_us = state_.has_staged() || room_ticket_.has_value();
  if (!given_up_ && (left > absl::ZeroDuration() || (waits_for_us && !writing_))) {
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
