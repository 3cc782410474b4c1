#include "collector/event_writer.h"

#include "collector/event_row.h"
#include "collector/statements.h"

namespace donut::collector {
namespace {

// What libpq takes as one message; small enough to stay in the processor's cache.
constexpr size_t kChunkBytes = 60 << 10;

}  // namespace

char* EventWriter::Append(std::string_view row) {
  if (!started_) {
    copy_.Start(sql::kCopyEvents);
    started_ = true;
    chunk_.reserve(kChunkBytes);
  }
  if (chunk_.size() + row.size() > kChunkBytes) {
    copy_.Write(chunk_);
    chunk_.clear();
  }
  const size_t begin = chunk_.size();
  chunk_ += row;
  return chunk_.data() + begin;
}

void EventWriter::Add(std::string_view row, int event_name_id) { SetEventName(event_name_id, Append(row)); }

void EventWriter::Add(std::string_view row, int event_name_id, int producer_no, int64_t sequence) {
  char* const at = Append(row);
  SetEventName(event_name_id, at);
  SetProducer(producer_no, sequence, at);
}

void EventWriter::Finish() {
  if (!started_) return;
  copy_.Write(chunk_);
  copy_.Finish();
}

}  // namespace donut::collector
