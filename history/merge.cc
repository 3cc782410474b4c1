#include "history/merge.h"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "history/column_format.h"
#include "history/month.h"

namespace donut::history {
namespace {

// What is looked at of a source to put events in order.
struct MergeSource {
  explicit MergeSource(const Block& source)
      : block(&source),
        users(&source.at(kUsers)),
        quarters(&source.at(kQuarters).values),
        micros(&source.at(kMicros).values),
        producers(&source.at(kProducers)),
        sequences(&source.at(kSequences).values) {}

  const Block* block;
  const Column* users;
  const Integers* quarters;
  const Integers* micros;
  const Column* producers;
  const Integers* sequences;
};

// The next user of a source.
struct SourceCursor {
  const MergeSource* source;
  size_t user = 0;
  int64_t user_id = 0;

  bool Read() {
    if (user == source->users->numbers.size()) return false;
    user_id = source->users->numbers[user];
    return true;
  }
  uint32_t begin() const { return source->users->ends[user]; }
  uint32_t end() const { return source->users->ends[user + 1]; }
};

// The next event of a user in one source.
struct EventCursor {
  const MergeSource* source;
  uint32_t place;
  uint32_t end;
  int64_t time = 0;  // within the month
  int64_t producer_no = 0;
  int64_t sequence = 0;

  void Read() {
    time = source->quarters->At(place) * kQuarterUs + source->micros->At(place);
    producer_no = source->producers->numbers[source->producers->values.At(place)];
    sequence = source->sequences->At(place);
  }
};

// For heaps, which have the greatest first.
bool IsUserLater(const SourceCursor& a, const SourceCursor& b) {
  return std::tie(a.user_id, a.source) > std::tie(b.user_id, b.source);
}
bool IsEventLater(const EventCursor& a, const EventCursor& b) {
  return std::tie(a.time, a.producer_no, a.sequence, a.source) >
         std::tie(b.time, b.producer_no, b.sequence, b.source);
}

class BlockMerge {
 public:
  BlockMerge(int month, const std::function<absl::Status(EncodedBlock)>& take)
      : builder_(month), take_(take) {}

  // One user's events, which lie in these places of the sources.
  absl::Status AppendUser(const std::vector<SourceCursor>& parts) {
    size_t count = 0;
    for (const SourceCursor& part : parts) count += part.end() - part.begin();
    if (builder_.event_count() > 0 && builder_.event_count() + count > kMaxBlockEvents)
      RETURN_IF_ERROR(Flush());
    RETURN_IF_ERROR(parts.size() == 1 ? AppendPart(parts[0]) : MergeParts(parts));
    return builder_.IsFull() ? Flush() : absl::OkStatus();
  }

  absl::Status Flush() {
    if (builder_.event_count() == 0) return absl::OkStatus();
    return take_(builder_.Finish());
  }

 private:
  absl::Status AppendPart(const SourceCursor& part) {
    for (uint32_t place = part.begin(); place < part.end(); ++place) {
      RETURN_IF_ERROR(AppendEvent(*part.source->block, place, part.user_id));
    }
    return absl::OkStatus();
  }

  absl::Status MergeParts(const std::vector<SourceCursor>& parts) {
    const int64_t user_id = parts[0].user_id;
    std::vector<EventCursor> heap;
    for (const SourceCursor& part : parts) {
      heap.push_back({part.source, part.begin(), part.end()});
      heap.back().Read();
    }
    std::make_heap(heap.begin(), heap.end(), IsEventLater);
    while (!heap.empty()) {
      std::pop_heap(heap.begin(), heap.end(), IsEventLater);
      EventCursor& next = heap.back();
      RETURN_IF_ERROR(AppendEvent(*next.source->block, next.place, user_id));
      if (++next.place == next.end) {
        heap.pop_back();
      } else {
        next.Read();
        std::push_heap(heap.begin(), heap.end(), IsEventLater);
      }
    }
    return absl::OkStatus();
  }

  // Cuts within the user only where his events alone fill a block, or where it would get too large.
  absl::Status AppendEvent(const Block& block, uint32_t place, int64_t user_id) {
    if (builder_.event_count() >= kMaxBlockEvents || builder_.text_bytes() >= 2 * kMaxBlockTextBytes) {
      RETURN_IF_ERROR(Flush());
    }
    builder_.Append(block, place, user_id);
    return absl::OkStatus();
  }

  BlockBuilder builder_;
  const std::function<absl::Status(EncodedBlock)>& take_;
};

absl::Status CheckSource(const Block& block, int month) {
  if (block.summary.month != month) {
    return absl::InvalidArgumentError(
        absl::StrCat("a block of month ", block.summary.month, " cannot be merged into month ", month));
  }
  const int column_count = kFirstProperty + static_cast<int>(block.summary.keys.size());
  for (int number = 0; number < column_count; ++number) {
    if (!block.columns.contains(number)) {
      return absl::InvalidArgumentError(absl::StrCat("a block without column ", number, " cannot be merged"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status MergeBlocks(int month, const std::vector<const Block*>& sources,
                         const std::function<bool(int64_t user_id)>& keep,
                         const std::function<absl::Status(EncodedBlock)>& take) {
  std::vector<MergeSource> merge_sources;
  for (const Block* source : sources) {
    RETURN_IF_ERROR(CheckSource(*source, month));
    merge_sources.emplace_back(*source);
  }
  std::vector<SourceCursor> heap;
  for (const MergeSource& source : merge_sources) {
    SourceCursor cursor{&source};
    if (cursor.Read()) heap.push_back(cursor);
  }
  std::make_heap(heap.begin(), heap.end(), IsUserLater);
  BlockMerge merge(month, take);
  std::vector<SourceCursor> parts;
  while (!heap.empty()) {
    const int64_t user_id = heap.front().user_id;
    parts.clear();
    while (!heap.empty() && heap.front().user_id == user_id) {
      std::pop_heap(heap.begin(), heap.end(), IsUserLater);
      SourceCursor& cursor = heap.back();
      parts.push_back(cursor);
      ++cursor.user;
      if (cursor.Read()) {
        std::push_heap(heap.begin(), heap.end(), IsUserLater);
      } else {
        heap.pop_back();
      }
    }
    if (!keep || keep(user_id)) RETURN_IF_ERROR(merge.AppendUser(parts));
  }
  return merge.Flush();
}

absl::StatusOr<Block> Decode(const EncodedBlock& encoded) {
  Block block;
  block.summary = encoded.summary;
  for (const EncodedColumn& column : encoded.columns) {
    if (Checksum(column.body) != column.checksum) {
      return absl::DataLossError(absl::StrCat("column ", column.number, " has another checksum"));
    }
    ASSIGN_OR_RETURN(Column decoded,
                     DecodeBlockColumn(column.body, column.number, encoded.summary.event_count));
    block.columns[column.number] = std::make_shared<const Column>(std::move(decoded));
  }
  return block;
}

}  // namespace donut::history
