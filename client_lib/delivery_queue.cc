#include "client_lib/delivery_queue.h"

#include <algorithm>
#include <utility>

#include "client_lib/wire.h"
#include "common/limits.h"

namespace donut {
namespace {

// A batch's own fields beside its events: first number and bookmark with tags and lengths.
constexpr size_t kBatchOverheadBytes = 1 << 10;
constexpr size_t kBookmarkOverheadBytes = 64;

}  // namespace

DeliveryQueue::DeliveryQueue(Options options)
    : options_(options), blocks_(options.capacity_bytes, options.block_bytes) {}
DeliveryQueue::~DeliveryQueue() = default;

// --- Taking in.

char* DeliveryQueue::AppendEvent(size_t event_bytes) {
  const size_t header = 1 + wire::VarintBytes(event_bytes);
  char* at = Reserve(Kind::kEvents, header + event_bytes);
  if (at == nullptr) return nullptr;
  return wire::WriteHeader(wire::kBatchEventsTag, event_bytes, at);
}

bool DeliveryQueue::AppendUnparsed(const v1::Unparsed& unparsed) {
  const size_t bytes = unparsed.ByteSizeLong();
  char* at = Reserve(Kind::kUnparsed, bytes);
  return at != nullptr && unparsed.SerializeToArray(at, static_cast<int>(bytes));
}

char* DeliveryQueue::Reserve(Kind kind, size_t bytes) {
  if (!MakeRoom(bytes)) return nullptr;
  Run* last = runs_.empty() ? nullptr : &runs_.back();
  // A run that was sent stays as it is: so messages begin and end where runs do.
  const bool extends = last != nullptr && kind == Kind::kEvents && last->kind == kind &&
                       last->block == tail_ && last->end == tail_->used && cursor_ <= last->first;
  if (!extends) {
    runs_.push_back({.kind = kind, .first = next_, .block = tail_, .begin = tail_->used, .end = tail_->used});
    last = &runs_.back();
    ++tail_->runs;
  }
  char* at = tail_->bytes.get() + tail_->used;
  tail_->used += bytes;
  last->end += bytes;
  ++last->count;
  ++next_;
  ++taken_total_;
  ++queued_events_;
  queued_bytes_ += bytes;
  return at;
}

// Makes tail_ a block with room for `bytes` more.
bool DeliveryQueue::MakeRoom(size_t bytes) {
  const bool crowded =
      bookmark_bytes_ > 0 && blocks_.allocated_bytes() + bookmark_bytes_ > options_.capacity_bytes;
  if (crowded && queued_events_ > 0) return false;
  if (tail_ != nullptr && tail_->runs == 0) tail_->used = 0;
  if (tail_ != nullptr && tail_->capacity - tail_->used >= bytes) return true;
  BlockPool::Block* block = blocks_.Take(bytes, /*beyond=*/queued_events_ == 0);
  if (block == nullptr) return false;
  BlockPool::Block* old = std::exchange(tail_, block);
  if (old != nullptr && old->runs == 0) blocks_.GiveBack(old);
  return true;
}

void DeliveryQueue::ReleaseBlock(Run& run) {
  BlockPool::Block* block = std::exchange(run.block, nullptr);
  if (block == nullptr || --block->runs > 0) return;
  block->used = 0;
  if (block != tail_) blocks_.GiveBack(block);
}

void DeliveryQueue::AppendSkipped(int64_t count, v1::SkipReason reason) {
  if (runs_.empty() || runs_.back().kind != Kind::kSkipped || runs_.back().reason != reason) {
    runs_.push_back({.kind = Kind::kSkipped, .reason = reason, .first = next_});
  }
  runs_.back().count += count;
  next_ += count;
  taken_total_ += count;
}

void DeliveryQueue::SetBookmark(const std::string& bookmark) {
  if (bookmark.empty()) return;
  bookmarks_.push_back({next_ - 1, bookmark});
  bookmark_bytes_ += bookmark.size() + kBookmarkOverheadBytes;
}

int64_t DeliveryQueue::DropOldest() {
  if (max_sent_ + 1 >= next_) return 0;
  for (size_t i = SplitAt(max_sent_ + 1); i < runs_.size(); ++i) {
    if (runs_[i].kind != Kind::kEvents) continue;
    const int64_t dropped = runs_[i].count;
    TurnIntoSkipped(i, v1::SKIP_REASON_QUEUE_FULL);
    return dropped;
  }
  return 0;
}

// --- Sending.

DeliveryQueue::Message DeliveryQueue::NextMessage(const BatchLimits& most) {
  const size_t index = FindRun(cursor_);
  switch (runs_[index].kind) {
    case Kind::kEvents:
      return ComposeBatch(index, most);
    case Kind::kUnparsed:
      return ComposeUnparsed(runs_[index]);
    case Kind::kSkipped:
      break;
  }
  return ComposeSkipped(runs_[index]);
}

// Takes whole runs, without a look at their events, as long as they fit; only what would be less than half a
// message is filled up with a part of the next run.
DeliveryQueue::Message DeliveryQueue::ComposeBatch(size_t index, const BatchLimits& most) {
  const size_t max_bytes = std::min<size_t>(most.max_bytes, limits::kMaxBatchBytes - kBatchOverheadBytes);
  Message message{.first_sequence = cursor_};
  int64_t count = 0;
  size_t bytes = 0;
  for (; index < runs_.size() && runs_[index].kind == Kind::kEvents; ++index) {
    const auto fits = [&](const Run& run) {
      return count + run.count <= most.max_events && bytes + run.end - run.begin <= max_bytes;
    };
    if (!fits(runs_[index])) {
      if (2 * count >= most.max_events || 2 * bytes >= max_bytes) break;
      CutRun(index, most.max_events - count, max_bytes - bytes);
      if (count > 0 && !fits(runs_[index])) break;
    }
    const Run& run = runs_[index];
    message.wire.body.emplace_back(run.block->bytes.get() + run.begin, run.end - run.begin);
    count += run.count;
    bytes += run.end - run.begin;
  }
  message.last_sequence = cursor_ + count - 1;
  const Bookmark* bookmark = BookmarkUpTo(message.last_sequence);
  const size_t batch_bytes = 1 + wire::VarintBytes(cursor_) + bytes +
                             (bookmark == nullptr ? 0 : wire::DelimitedBytes(bookmark->bytes.size()));
  wire::AppendHeader(wire::kRequestBatchTag, batch_bytes, message.wire.head);
  wire::AppendVarintField(wire::kBatchFirstSequenceTag, cursor_, message.wire.head);
  if (bookmark != nullptr)
    wire::AppendBytesField(wire::kBatchBookmarkTag, bookmark->bytes, message.wire.tail);
  MoveCursor(message, count, bytes);
  return message;
}

DeliveryQueue::Message DeliveryQueue::ComposeUnparsed(const Run& run) {
  Message message{.first_sequence = run.first, .last_sequence = run.first};
  const size_t bytes = run.end - run.begin;
  const Bookmark* bookmark = BookmarkUpTo(run.first);
  const size_t unparsed_bytes = 1 + wire::VarintBytes(run.first) + bytes +
                                (bookmark == nullptr ? 0 : wire::DelimitedBytes(bookmark->bytes.size()));
  wire::AppendHeader(wire::kRequestUnparsedTag, unparsed_bytes, message.wire.head);
  wire::AppendVarintField(wire::kUnparsedSequenceTag, run.first, message.wire.head);
  message.wire.body.emplace_back(run.block->bytes.get() + run.begin, bytes);
  if (bookmark != nullptr) {
    wire::AppendBytesField(wire::kUnparsedBookmarkTag, bookmark->bytes, message.wire.tail);
  }
  MoveCursor(message, 1, bytes);
  return message;
}

DeliveryQueue::Message DeliveryQueue::ComposeSkipped(const Run& run) {
  Message message{.first_sequence = cursor_, .last_sequence = run.last()};
  v1::StreamEventsRequest request;
  request.mutable_skipped()->set_first_sequence(message.first_sequence);
  request.mutable_skipped()->set_last_sequence(message.last_sequence);
  request.mutable_skipped()->set_reason(run.reason);
  message.wire.head = request.SerializeAsString();
  MoveCursor(message, 0, 0);
  return message;
}

void DeliveryQueue::MoveCursor(const Message& message, int64_t events, size_t bytes) {
  if (events > 0) {
    const int64_t again = std::min(max_sent_, message.last_sequence) - message.first_sequence + 1;
    resent_events_ += std::max<int64_t>(again, 0);
  }
  cursor_ = message.last_sequence + 1;
  max_sent_ = std::max(max_sent_, message.last_sequence);
  in_flight_bytes_ += bytes;
}

void DeliveryQueue::Rewind() {
  cursor_ = base_;
  in_flight_bytes_ = 0;
}

// --- Learning what is decided.

DeliveryQueue::Decided DeliveryQueue::Commit(int64_t sequence,
                                             const std::vector<int64_t>& rejected_sequences) {
  Decided decided;
  decided.rejected_names = EventNames(rejected_sequences, sequence);
  while (!runs_.empty() && runs_.front().first <= sequence) {
    Run& run = runs_.front();
    DecideRun(run, sequence, decided);
    if (run.count > 0) break;
    ReleaseBlock(run);
    runs_.pop_front();
  }
  while (!bookmarks_.empty() && bookmarks_.front().sequence <= sequence) {
    bookmark_bytes_ -= bookmarks_.front().bytes.size() + kBookmarkOverheadBytes;
    bookmarks_.pop_front();
  }
  base_ = std::max(base_, sequence + 1);
  if (cursor_ < base_) cursor_ = base_;
  return decided;
}

// Takes the numbers up to `sequence` from the front of `run`.
void DeliveryQueue::DecideRun(Run& run, int64_t sequence, Decided& decided) {
  const int64_t count = std::min(run.count, sequence - run.first + 1);
  if (run.kind != Kind::kSkipped) {
    const size_t begin = count == run.count ? run.end : OffsetOf(run, run.first + count);
    const size_t bytes = begin - run.begin;
    if (run.first < cursor_) in_flight_bytes_ -= std::min(in_flight_bytes_, bytes);
    decided.events += count;
    queued_events_ -= count;
    queued_bytes_ -= bytes;
    run.begin = begin;
  }
  run.first += count;
  run.count -= count;
}

void DeliveryQueue::StartAt(int64_t sequence) {
  base_ = cursor_ = next_ = sequence;
  max_sent_ = sequence - 1;
}

int64_t DeliveryQueue::StartOver() {
  const int64_t in_doubt = Commit(max_sent_).events;
  const int64_t shift = base_ - 1;
  for (Run& run : runs_) run.first -= shift;
  for (Bookmark& bookmark : bookmarks_) bookmark.sequence -= shift;
  next_ -= shift;
  base_ = 1;
  max_sent_ = 0;
  Rewind();
  return in_doubt;
}

bool DeliveryQueue::SkipFirst(v1::SkipReason reason) {
  if (empty() || runs_.front().kind == Kind::kSkipped) return false;
  if (runs_.front().count > 1) SplitAt(base_ + 1);
  TurnIntoSkipped(0, reason);
  return true;
}

// --- Runs.

size_t DeliveryQueue::FindRun(int64_t sequence) const {
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), sequence,
                                      [](int64_t number, const Run& run) { return number < run.first; });
  return static_cast<size_t>(after - runs_.begin()) - 1;
}

size_t DeliveryQueue::OffsetOf(const Run& run, int64_t sequence) const {
  size_t offset = run.begin;
  for (int64_t at = run.first; at < sequence; ++at) {
    offset += wire::FrameBytes(run.block->bytes.get() + offset);
  }
  return offset;
}

// Makes `sequence` the first of its run and returns the run's index.
size_t DeliveryQueue::SplitAt(int64_t sequence) {
  const size_t index = FindRun(sequence);
  const Run& run = runs_[index];
  if (run.first == sequence) return index;
  Split(index, sequence - run.first, run.kind == Kind::kSkipped ? 0 : OffsetOf(run, sequence));
  return index + 1;
}

// Leaves the first `count` numbers in the run, whose bytes end at `offset`, and makes the rest the next one.
void DeliveryQueue::Split(size_t index, int64_t count, size_t offset) {
  Run& run = runs_[index];
  Run rest = run;
  rest.first += count;
  rest.count -= count;
  run.count = count;
  if (run.kind != Kind::kSkipped) {
    rest.begin = run.end = offset;
    ++run.block->runs;
  }
  runs_.insert(runs_.begin() + static_cast<std::ptrdiff_t>(index) + 1, rest);
}

// Splits a run of events behind those that fit, at least one.
void DeliveryQueue::CutRun(size_t index, int64_t max_events, size_t max_bytes) {
  const Run& run = runs_[index];
  int64_t count = 0;
  size_t offset = run.begin;
  while (offset < run.end) {
    const size_t frame = wire::FrameBytes(run.block->bytes.get() + offset);
    if (count > 0 && (count >= max_events || offset + frame - run.begin > max_bytes)) break;
    offset += frame;
    ++count;
  }
  if (count < run.count) Split(index, count, offset);
}

// Only for numbers that the current stream has not sent.
void DeliveryQueue::TurnIntoSkipped(size_t index, v1::SkipReason reason) {
  Run& run = runs_[index];
  queued_events_ -= run.count;
  queued_bytes_ -= run.end - run.begin;
  ReleaseBlock(run);
  run.kind = Kind::kSkipped;
  run.reason = reason;
  run.begin = run.end = 0;
  MergeSkipped(index);
}

// Joins the run with its neighbours of the same reason.
void DeliveryQueue::MergeSkipped(size_t index) {
  const auto joins = [this](size_t left) {
    return left + 1 < runs_.size() && runs_[left].kind == Kind::kSkipped &&
           runs_[left + 1].kind == Kind::kSkipped && runs_[left].reason == runs_[left + 1].reason;
  };
  if (joins(index)) {
    runs_[index].count += runs_[index + 1].count;
    runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(index) + 1);
  }
  if (index > 0 && joins(index - 1)) {
    runs_[index - 1].count += runs_[index].count;
    runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(index));
  }
}

// Of the events among `sequences` up to `last`. Numbers that go up are found in one walk.
std::vector<std::string> DeliveryQueue::EventNames(const std::vector<int64_t>& sequences,
                                                   int64_t last) const {
  std::vector<std::string> names(sequences.size());
  const Run* run = nullptr;
  int64_t at = 0;
  size_t offset = 0;
  for (size_t i = 0; i < sequences.size(); ++i) {
    const int64_t sequence = sequences[i];
    if (sequence < base_ || sequence > last || sequence >= next_) continue;
    if (run == nullptr || sequence < at || sequence > run->last()) {
      run = &runs_[FindRun(sequence)];
      at = run->first;
      offset = run->begin;
    }
    if (run->kind != Kind::kEvents) continue;
    const char* const bytes = run->block->bytes.get();
    for (; at < sequence; ++at) offset += wire::FrameBytes(bytes + offset);
    names[i] = wire::NameInFrame(bytes + offset);
  }
  return names;
}

const DeliveryQueue::Bookmark* DeliveryQueue::BookmarkUpTo(int64_t sequence) const {
  const auto after =
      std::upper_bound(bookmarks_.begin(), bookmarks_.end(), sequence,
                       [](int64_t number, const Bookmark& mark) { return number < mark.sequence; });
  return after == bookmarks_.begin() ? nullptr : &*(after - 1);
}

}  // namespace donut
