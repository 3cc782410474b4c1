#include "cli/record_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/status_macros.h"

namespace donut::cli {
namespace {

constexpr size_t kChunkBytes = 256 << 10;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

RecordReader::RecordReader(std::unique_ptr<ByteSource> source, const std::optional<CsvDialect>& csv)
    : source_(std::move(source)), csv_(csv), buffer_(2 * kChunkBytes) {}

absl::StatusOr<std::unique_ptr<RecordReader>> RecordReader::Open(const std::string& path,
                                                                 const std::optional<CsvDialect>& csv) {
  ASSIGN_OR_RETURN(auto source, ByteSource::Open(path));
  return std::make_unique<RecordReader>(std::move(source), csv);
}

// --- Looking ahead.

absl::StatusOr<const Record*> RecordReader::Peek(size_t index) {
  while (peeked_.size() <= index) {
    if (peeked_.size() >= kMaxPeekedRecords || peeked_bytes_ >= kMaxPeekedBytes) return nullptr;
    if (!peeked_.empty() && peeked_.back().is_end) return nullptr;
    Peeked next;
    while (true) {
      ASSIGN_OR_RETURN(const bool more, Read(next.record));
      next.is_end = !more;
      if (!more || !next.record.text.empty()) break;
      ++next.empty;
    }
    if (!next.is_end) next.text = next.record.text;
    peeked_bytes_ += next.text.size();
    peeked_.push_back(std::move(next));
  }
  Peeked& peeked = peeked_[index];
  peeked.record.text = peeked.text;
  return peeked.is_end ? nullptr : &peeked.record;
}

absl::StatusOr<bool> RecordReader::Next(Record& record) {
  if (peeked_.empty()) return Read(record);
  Peeked& next = peeked_.front();
  if (next.empty > 0) {
    // Each is one line.
    record = {.text = {}, .number = next.record.number - next.empty, .line = next.record.line - next.empty};
    --next.empty;
    return true;
  }
  const bool more = !next.is_end;
  if (more) {
    returned_text_ = std::move(next.text);
    record = next.record;
    record.text = returned_text_;
  }
  peeked_.pop_front();
  return more;
}

// --- Reading.

absl::StatusOr<bool> RecordReader::Read(Record& record) {
  record = {.text = {}, .number = number_ + 1, .line = line_};
  ASSIGN_OR_RETURN(const bool any, ReadText(record));
  if (!any) return false;
  if (csv_) {
    if (record.text.ends_with('\r')) record.text.remove_suffix(1);
    record.may_change = !record.terminated || quote_open_at_end_;
  } else {
    record.text = record.text.substr(0, record.text.find_last_not_of(" \t\r") + 1);
  }
  // Spaces behind the last newline are no record.
  if (!record.terminated && record.text.empty()) return false;
  ++number_;
  return true;
}

// Reads more behind what is there; false at the source's end.
absl::StatusOr<bool> RecordReader::Fill() {
  if (buffer_.size() - used_ < kChunkBytes) {
    std::memmove(buffer_.data(), buffer_.data() + at_, used_ - at_);
    used_ -= at_;
    at_ = 0;
    if (buffer_.size() - used_ < kChunkBytes) buffer_.resize(2 * buffer_.size());
  }
  ASSIGN_OR_RETURN(const size_t got, source_->Read(buffer_.data() + used_, buffer_.size() - used_));
  used_ += got;
  return got > 0;
}

// False at the source's end.
absl::StatusOr<bool> RecordReader::ReadText(Record& record) {
  // The byte order mark belongs to no field.
  if (at_start_) {
    bool more = true;
    while (more && rest().size() < kByteOrderMark.size()) {
      ASSIGN_OR_RETURN(more, Fill());
    }
    if (rest().starts_with(kByteOrderMark)) at_ += kByteOrderMark.size();
    at_start_ = false;
  }
  bool is_line = !csv_ || !csv_->quotes || quote_open_at_end_;
  CsvRecordEnd row_end(csv_ ? csv_->delimiter : ',');
  size_t looked_at = 0;
  while (true) {
    const std::string_view text = rest();
    if (is_line) {
      const size_t newline = text.find('\n', looked_at);
      looked_at = text.size();
      if (std::min(newline, text.size()) > kMaxRecordBytes) {
        RETURN_IF_ERROR(PassOverLine(record));
        return true;
      }
      if (newline != std::string_view::npos) {
        Take(newline, true, record);
        return true;
      }
    } else {
      const CsvRecordEnd::Found found = row_end.Look(text);
      const bool is_too_long = std::min(row_end.at(), text.size()) > kMaxRecordBytes;
      if (found == CsvRecordEnd::Found::kFlaw || is_too_long) {
        is_line = true;
        continue;
      }
      if (found == CsvRecordEnd::Found::kEnd) {
        Take(row_end.at(), true, record);
        return true;
      }
    }
    ASSIGN_OR_RETURN(const bool more, Fill());
    if (more) continue;
    if (!is_line && row_end.in_quotes() && rest().ends_with('\n')) {
      // Whole lines behind a quote that nothing closes: the quote is wrong, and not the lines. Without the
      // newline somebody may still be writing the row.
      quote_open_at_end_ = is_line = true;
      continue;
    }
    const bool any = !rest().empty();
    Take(rest().size(), false, record);
    return any;
  }
}

void RecordReader::Take(size_t bytes, bool terminated, Record& record) {
  record.text = rest().substr(0, bytes);
  record.terminated = terminated;
  line_ += 1 + (csv_ ? std::count(record.text.begin(), record.text.end(), '\n') : 0);
  at_ += bytes + (terminated ? 1 : 0);
}

// Of a line that is too long, keeps the beginning.
absl::Status RecordReader::PassOverLine(Record& record) {
  cut_text_ = rest().substr(0, kMaxRecordBytes);
  record.text = cut_text_;
  record.cut = true;
  ++line_;
  while (true) {
    const size_t newline = rest().find('\n');
    record.terminated = newline != std::string_view::npos;
    at_ = record.terminated ? at_ + newline + 1 : used_;
    if (record.terminated) return absl::OkStatus();
    ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more) return absl::OkStatus();
  }
}

}  // namespace donut::cli
