// Sends a known, ordered source (a file, a log, a repository's history) so that each of its
// pieces is stored exactly once, however often the sending is interrupted.
//
//   auto opened = donut::Replay::Open({.producer_id = id_of_source}, absl::Seconds(10));
//   if (!opened.ok()) return opened.status();
//   donut::Replay& replay = **opened;
//   for (const Piece& piece : source.From(replay.committed_sequence())) {  // piece n has the number n, from
//   1
//     absl::Status sent = replay.Send(ToEvent(piece), bookmark);
//     if (!sent.ok()) return sent;
//   }
//   return replay.Finish(absl::Minutes(5));
//
// Every piece takes one number, whether it is an event, cannot be read (SendUnparsed) or holds
// nothing (Skip): so the number that is committed says where to go on. A bookmark is a note of the
// caller's own (such as a rolling hash of what was read so far) that is kept with the last
// committed piece and comes back at the next opening. A source with a bookmark is remembered for good;
// one without is forgotten after 90 days without a word, and would then be stored a second time.
//
// Opening takes the producer id over from whoever had it: a process that died, or one that
// still runs and is then stopped with ABORTED.
//
// Thread-safe, but one thread should send: the order of calls is the order of the source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "donut/analytics/v1/collector.pb.h"
#include "donut/analytics/v1/event.pb.h"
#include "donut/client.h"

namespace donut {
namespace v1 = analytics::v1;

struct ReplayOptions {
  // host:port, or unix:/path.
  std::string collector_address = DefaultCollectorAddress();
  std::string api_key = DefaultApiKey();
  // 16 bytes that name the source within the project, always the same for the same source.
  std::string producer_id = {};
  // Name and version of the program, for the collector's log. At most 150 bytes.
  std::string user_agent = {};

  // Memory for what is sent and not committed; Send waits while it is full. 2 MiB to 1 GiB.
  size_t window_bytes = 8 << 20;
  // When a batch goes out: as in ClientOptions.
  int max_batch_events = 5'000;
  size_t max_batch_bytes = 512 << 10;
  absl::Duration linger = absl::Milliseconds(50);

  // Called on the replay's own thread, without a lock, for each piece that the collector rejected.
  // After a lost connection a rejection may be missed here; the collector keeps them all.
  std::function<void(const v1::Rejection&)> on_rejection = nullptr;
  // A line for people, at most once a minute. Default: nowhere.
  std::function<void(const std::string&)> on_warning = nullptr;

  absl::Status Validate() const;
};

struct ReplayProgress {
  int64_t committed_sequence = 0;  // decided for good up to here
  int64_t sent_sequence = 0;       // given to Send, SendUnparsed and Skip up to here
  int64_t rejected = 0;            // told by the collector to this object
  int64_t poisonous = 0;           // broke their stream three times, alone, and were skipped
  int64_t retried = 0;             // sent again after a stream had ended
  bool connected = false;
};

class DeliveryLoop;

class Replay {
 public:
  // Waits for the collector's Welcome, connecting again for `timeout` as needed. UNAVAILABLE when none
  // answered; INVALID_ARGUMENT, UNAUTHENTICATED, UNIMPLEMENTED at once.
  static absl::StatusOr<std::unique_ptr<Replay>> Open(ReplayOptions options, absl::Duration timeout);

  // Stops without waiting: what is not committed by then is sent by the next process.
  ~Replay();
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  // As they were at opening: the last number decided for good, the last bookmark, and the number up to
  // which it speaks. The source goes on behind committed_sequence(), which may be ahead of the
  // bookmark: an interrupted batch may be committed up to its middle, and its bookmark belongs to its end.
  int64_t committed_sequence() const { return committed_at_opening_; }
  const std::string& bookmark() const { return bookmark_at_opening_; }
  int64_t bookmark_sequence() const { return bookmark_sequence_at_opening_; }

  // Each takes the next number(s); the first one is committed_sequence() + 1. They wait for room in
  // the window, through restarts of the collector, for as long as it takes. An error is final:
  // ABORTED (another process took the id over), UNAUTHENTICATED, FAILED_PRECONDITION (the
  // collector forgot this producer, or its ledger went back: open again), CANCELLED (Stop).
  //
  // INVALID_ARGUMENT for a bookmark of more than 256 bytes takes no number.
  // An event that would break its message (bad UTF-8, close to 1 MiB) goes as Unparsed.
  absl::Status Send(const v1::Event& event, const std::string& bookmark = "");
  // The same for an event's wire bytes, for sources that are too long to make a message of each event. Only
  // the size is checked: bytes that are no v1::Event break their stream three times and are skipped as
  // poisonous, alone.
  absl::Status SendEncoded(const std::string& event, const std::string& bookmark = "");
  // `bytes` is cut to 32 KiB, `reason` to 1 KiB and cleaned of what is not UTF-8.
  absl::Status SendUnparsed(const std::string& bytes, const std::string& reason,
                            const std::string& bookmark = "");
  // The next `count` pieces hold nothing to store. Their bookmark is the next event's.
  absl::Status Skip(int64_t count);

  ReplayProgress progress() const;

  // Waits until everything that was sent is committed. What is sent between two calls shares no batch with
  // the rest: a piece that is alone there is committed with its bookmark or not at all.
  // DEADLINE_EXCEEDED when `timeout` passed first, else as Send.
  absl::Status Flush(absl::Duration timeout);

  // Sends the rest, waits until all of it is committed and closes the stream in order. DEADLINE_EXCEEDED
  // when `timeout` passed first. Nothing can be sent afterwards.
  absl::Status Finish(absl::Duration timeout);

  // From any thread (not from a signal handler): the waiting call and all later ones return CANCELLED.
  void Stop();

 private:
  friend class ReplayFactory;
  Replay(ReplayOptions options, std::unique_ptr<DeliveryLoop> loop, int64_t committed_sequence,
         std::string bookmark, int64_t bookmark_sequence);
  const ReplayOptions options_;
  std::unique_ptr<DeliveryLoop> loop_;
  const int64_t committed_at_opening_;
  const std::string bookmark_at_opening_;
  const int64_t bookmark_sequence_at_opening_;
};

}  // namespace donut
