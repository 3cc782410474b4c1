// What is to be sent and not yet decided by the collector, as wire bytes, in order of the sequence
// numbers. It numbers, composes messages by copying bytes (nothing is encoded twice), keeps
// everything until it is committed, and turns what is given up into Skipped ranges, so that the
// ledger has no silent gaps.
//
// A plain class: no thread, no clock, no socket. Not thread-safe; but the bytes that a Message refers to
// do not change and may be read by one thread while another appends, up to the next call that decides
// something.
//
// Memory: events stand in blocks that are reused; the blocks, their bookkeeping aside, never
// exceed Options::capacity_bytes, except that one event always finds room in an empty queue. When it is
// empty, a quarter of that is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "client_lib/block_pool.h"
#include "client_lib/wire_message.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/collector.pb.h"

namespace donut {

class DeliveryQueue {
 public:
  struct Options {
    size_t capacity_bytes = 16 << 20;
    size_t block_bytes = 64 << 10;
  };
  struct BatchLimits {
    int max_events = 5'000;
    size_t max_bytes = 256 << 10;
  };
  // A StreamEventsRequest, and the numbers that it decides. Valid until the next Commit, StartOver or
  // SkipFirst.
  struct Message {
    WireMessage wire = {};
    int64_t first_sequence = 0;
    int64_t last_sequence = 0;
  };
  // What became known by a Committed or Welcome.
  struct Decided {
    int64_t events = 0;  // events and unparsed pieces; skipped numbers are not counted
    // Of the rejections: the event's name, in their order; empty for what is no event of this queue.
    std::vector<std::string> rejected_names;
  };

  explicit DeliveryQueue(Options options);
  DeliveryQueue(const DeliveryQueue&) = delete;
  DeliveryQueue& operator=(const DeliveryQueue&) = delete;
  ~DeliveryQueue();

  // --- Taking in. Each takes the next number(s).

  // A place for the bytes of an Event, to be filled at once; null when there is no room.
  char* AppendEvent(size_t event_bytes);
  // An Unparsed without its sequence; false when there is no room.
  bool AppendUnparsed(const v1::Unparsed& unparsed);
  // Numbers that will never be sent. Always possible; costs no memory after another of the same reason.
  void AppendSkipped(int64_t count, v1::SkipReason reason);
  // Where the source stands after what was appended last: goes with a batch that ends there or later.
  void SetBookmark(const std::string& bookmark);
  // Gives up the oldest events that were never sent, up to a block of them. Returns how many.
  int64_t DropOldest();

  // --- Sending.

  bool HasUnsent() const { return cursor_ < next_; }
  // The next message, and moves on behind it. Requires HasUnsent(). A batch is at least half of what
  // `most` allows when that much is there.
  Message NextMessage(const BatchLimits& most);
  // The stream ended: everything undecided is to be sent again.
  void Rewind();

  // --- Learning what is decided.

  // Numbers up to `sequence` are decided. Requires sequence <= max_sent_sequence().
  Decided Commit(int64_t sequence, const std::vector<int64_t>& rejected_sequences = {});
  // Numbering starts here, before anything was appended.
  void StartAt(int64_t sequence);
  // A new producer id: gives up everything that was ever sent and numbers the rest from 1.
  // Returns how many events were given up: they may be stored, or not.
  int64_t StartOver();
  // Gives up the first undecided number. False when it is no event or unparsed piece.
  bool SkipFirst(v1::SkipReason reason);

  // --- Where it stands.

  bool empty() const { return base_ == next_; }
  int64_t first_undecided() const { return base_; }
  int64_t next_sequence() const { return next_; }
  // The highest number that was ever sent under this producer id.
  int64_t max_sent_sequence() const { return max_sent_; }
  // The first number that the current stream has not sent.
  int64_t cursor() const { return cursor_; }
  int64_t queued_events() const { return queued_events_; }
  size_t queued_bytes() const { return queued_bytes_; }
  int64_t unsent_count() const { return next_ - cursor_; }
  size_t unsent_bytes() const { return queued_bytes_ - in_flight_bytes_; }
  size_t in_flight_bytes() const { return in_flight_bytes_; }
  // Events that were sent again.
  int64_t resent_events() const { return resent_events_; }
  // Numbers ever taken, and ever decided or given up: not moved by StartOver.
  int64_t taken_total() const { return taken_total_; }
  int64_t decided_total() const { return taken_total_ - (next_ - base_); }

 private:
  enum class Kind : uint8_t { kEvents, kUnparsed, kSkipped };
  // Consecutive numbers of one kind, whose bytes stand together. What the current stream has sent ends
  // where a run does (skipped numbers aside).
  struct Run {
    int64_t last() const { return first + count - 1; }
    Kind kind;
    v1::SkipReason reason = v1::SKIP_REASON_UNSPECIFIED;
    int64_t first = 0;
    int64_t count = 0;
    BlockPool::Block* block = nullptr;
    size_t begin = 0;
    size_t end = 0;
  };
  struct Bookmark {
    int64_t sequence;
    std::string bytes;
  };

  char* Reserve(Kind kind, size_t bytes);
  bool MakeRoom(size_t bytes);
  void ReleaseBlock(Run& run);
  size_t FindRun(int64_t sequence) const;
  // The place of `sequence` within its run's block.
  size_t OffsetOf(const Run& run, int64_t sequence) const;
  size_t SplitAt(int64_t sequence);
  void Split(size_t index, int64_t count, size_t offset);
  void CutRun(size_t index, int64_t max_events, size_t max_bytes);
  void TurnIntoSkipped(size_t index, v1::SkipReason reason);
  void MergeSkipped(size_t index);
  std::vector<std::string> EventNames(const std::vector<int64_t>& sequences, int64_t last) const;
  const Bookmark* BookmarkUpTo(int64_t sequence) const;
  Message ComposeBatch(size_t index, const BatchLimits& most);
  Message ComposeUnparsed(const Run& run);
  Message ComposeSkipped(const Run& run);
  void MoveCursor(const Message& message, int64_t events, size_t bytes);
  void DecideRun(Run& run, int64_t sequence, Decided& decided);

  const Options options_;
  std::deque<Run> runs_;
  std::deque<Bookmark> bookmarks_;
  size_t bookmark_bytes_ = 0;
  BlockPool blocks_;
  BlockPool::Block* tail_ = nullptr;  // where the next bytes go

  int64_t base_ = 1;    // first undecided
  int64_t cursor_ = 1;  // first unsent on this stream
  int64_t next_ = 1;    // next to be taken
  int64_t max_sent_ = 0;
  int64_t queued_events_ = 0;
  size_t queued_bytes_ = 0;
  size_t in_flight_bytes_ = 0;
  int64_t resent_events_ = 0;
  int64_t taken_total_ = 0;
};

}  // namespace donut
