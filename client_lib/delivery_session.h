// Decides how a DeliveryQueue gets to the collector, by the protocol of collector.proto: when to connect,
// what to write next, what an answer means, what to do when a stream ends, an id is refused or an event
// breaks every stream that it is on.
//
// A plain class: no thread, no clock, no socket; time is passed in and may be any that never goes back. The
// caller asks Next() what to do, does it, and tells what happened. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client_lib/delivery_queue.h"
#include "client_lib/poison_search.h"
#include "client_lib/wire_message.h"
#include "common/backoff.h"

namespace donut {

struct SessionOptions {
  // Empty: a random one.
  std::string producer_id = {};
  // A replay: the id is kept whatever happens, and what a retry cannot cure ends the session. Else (a live
  // client) the session goes on for ever, under a new id when it must.
  bool durable = false;
  std::string user_agent = {};

  // A batch that is full goes out at once, a smaller one when nothing was sent for `linger`: see
  // EnoughToSend.
  DeliveryQueue::BatchLimits batch = {};
  absl::Duration linger = absl::Milliseconds(20);
  // Bytes sent and not committed; one batch is always allowed.
  size_t window_bytes = 8 << 20;

  // From opening a stream to Welcome.
  absl::Duration welcome_timeout = absl::Seconds(10);
  // From sending something, or the Committed before, to the next Committed. Then the stream is given up and
  // everything is sent again, which is safe but adds to the work of a database that is only slow: so each
  // time in a row the client is patient for twice as long.
  absl::Duration commit_timeout = absl::Seconds(60);
  absl::Duration most_commit_timeout = absl::Minutes(10);
  // From Close or Draining to the end of the stream.
  absl::Duration end_timeout = absl::Seconds(30);
  absl::Duration first_backoff = absl::Milliseconds(100);
  absl::Duration most_backoff = absl::Seconds(10);

  // That many random bytes.
  std::function<std::string(int)> random_bytes = nullptr;
};

// What became known since the last TakeNews.
struct DeliveryNews {
  struct Rejected {
    v1::Rejection rejection;
    std::string event_name;
  };
  bool empty() const { return acknowledged == 0 && dropped == 0 && rejected.empty() && warning.empty(); }
  int64_t acknowledged = 0;
  int64_t dropped = 0;
  std::vector<Rejected> rejected;
  // A line for people; the latest.
  std::string warning;
};

class DeliverySession {
 public:
  struct Action {
    enum class Kind {
      kWait,    // until `until`, or until something happens
      kOpen,    // open a stream
      kWrite,   // write `message` on it
      kCancel,  // cancel it; OnClosed follows
      kDone,    // nothing will happen any more
    };
    Kind kind = Kind::kWait;
    WireMessage message = {};
    absl::Time until = absl::InfiniteFuture();
    // kWait: an append is worth a call of Next before `until` once this much is unsent.
    int64_t wake_events = kNever;
    size_t wake_bytes = kNever;
  };
  static constexpr int64_t kNever = INT64_MAX;

  struct Counters {
    int64_t acknowledged = 0;
    int64_t rejected = 0;
    int64_t poisonous = 0;
    int64_t in_doubt = 0;
    int64_t streams_opened = 0;
  };

  // `queue` must outlive the session.
  DeliverySession(SessionOptions options, DeliveryQueue* queue);

  Action Next(absl::Time now);
  void OnWritten();
  void OnMessage(const std::string& bytes, absl::Time now);
  void OnClosed(const absl::Status& status, absl::Time now);

  // Everything that is queued now is wanted soon: no lingering, no long backoff.
  void Flush(absl::Time now);
  // Send what is queued, then close in order. With `only_if_answered`, a session that never had a
  // Welcome ends when one more attempt fails.
  void Close(absl::Time now, bool only_if_answered);

  bool connected() const { return state_ == State::kStreaming; }
  bool welcomed() const { return counters_.streams_opened > 0; }
  bool done() const { return state_ == State::kDone; }
  // Why a durable session is done; OK while it is not, and after an orderly end.
  const absl::Status& terminal_status() const { return terminal_status_; }
  // Of the first Welcome.
  int64_t committed_at_opening() const { return committed_at_opening_; }
  const std::string& bookmark_at_opening() const { return bookmark_at_opening_; }
  int64_t bookmark_sequence_at_opening() const { return bookmark_sequence_at_opening_; }
  // Of the latest attempt that failed before Welcome.
  const absl::Status& last_failure() const { return last_failure_; }
  const std::string& producer_id() const { return producer_id_; }
  const Counters& counters() const { return counters_; }
  DeliveryNews TakeNews();
  // Events that the queue gave up to make room: news as well.
  void OnDroppedOldest(int64_t events) { news_.dropped += events; }

 private:
  enum class State {
    kResting,   // no stream; the next attempt is at next_attempt_
    kGreeting,  // stream opened, Welcome awaited
    kStreaming,
    kEnding,     // nothing more is written; the stream's end is awaited
    kCancelled,  // its end is certain to come
    kDone,
  };
  // Either of the two.
  struct Amount {
    int64_t events;
    size_t bytes;
  };
  static constexpr Amount kAnyEvent = {1, SIZE_MAX};

  Action NextWhileResting(absl::Time now);
  Action NextWhileGreeting(absl::Time now);
  Action NextWhileStreaming(absl::Time now);
  Action NextWhileEnding(absl::Time now);
  // So much that it is worth a message now; kAnyEvent: whatever there is.
  Amount EnoughToSend(absl::Time now) const;
  Action WriteClose(absl::Time now);
  Action GiveUpSilentStream();
  std::string ComposeHello();

  void OnWelcome(const v1::Welcome& welcome, absl::Time now);
  void OnCommitted(const v1::Committed& committed, absl::Time now);
  void OnRefused(const v1::Refused& refused);
  void OnDraining(const v1::Draining& draining, absl::Time now);
  void Distrust(const std::string& what);
  void TakeNewId(const std::string& why);
  void Finish(absl::Status status);
  bool IsFinal(const absl::Status& status) const;
  void NoteFailure(const absl::Status& status);
  void JudgeFailure(const absl::Status& status);
  bool urgent() const { return closing_ || flush_through_ > queue_->decided_total(); }

  const SessionOptions options_;
  DeliveryQueue* const queue_;
  Backoff backoff_;
  State state_ = State::kResting;
  std::string producer_id_;
  int64_t epoch_ = 0;
  std::string token_;                       // of this attempt
  std::deque<std::string> earlier_tokens_;  // of attempts since epoch_ was granted

  absl::Time next_attempt_ = absl::InfinitePast();
  absl::Time deadline_ = absl::InfiniteFuture();  // of kGreeting and kEnding
  absl::Time welcomed_at_ = absl::InfinitePast();
  absl::Time sent_at_ = absl::InfinitePast();             // the last batch on this stream
  absl::Time unanswered_since_ = absl::InfiniteFuture();  // something is in flight, and nothing came back
  absl::Duration commit_patience_;
  bool went_silent_ = false;  // why this stream is cancelled
  bool hello_written_ = false;
  bool writing_ = false;
  bool close_written_ = false;
  bool cancel_wanted_ = false;
  bool new_id_wanted_ = false;
  absl::Duration retry_after_ = absl::ZeroDuration();

  int64_t flush_through_ = 0;  // a taken_total
  bool closing_ = false;
  bool only_if_answered_ = false;

  PoisonSearch poison_;

  int failures_in_a_row_ = 0;  // attempts without Welcome
  absl::Status terminal_status_;
  absl::Status last_failure_;
  int64_t committed_at_opening_ = 0;
  std::string bookmark_at_opening_;
  int64_t bookmark_sequence_at_opening_ = 0;
  Counters counters_;
  DeliveryNews news_;
};

}  // namespace donut
