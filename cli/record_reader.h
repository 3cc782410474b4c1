// The records of a source, one after the other, in bounded memory: lines, or rows of CSV, which may have
// line ends in quoted fields. Not thread-safe, apart from position().
//
// A row whose quotes are wrong costs one line: the record is the line that it begins on, and reading goes on
// with the next. The same holds for a row that is longer than kMaxRecordBytes, because its quote is not
// closed.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/byte_source.h"
#include "cli/csv_text.h"

namespace donut::cli {

// Bytes that are kept of one record; the rest is passed over.
inline constexpr size_t kMaxRecordBytes = 1 << 20;
// How far Peek looks.
inline constexpr size_t kMaxPeekedRecords = 1'000;
inline constexpr size_t kMaxPeekedBytes = 16 << 20;

struct Record {
  // Without the line end; of a line also without spaces at its end. Until the next call of the reader.
  std::string_view text;
  int64_t number = 0;  // from 1, empty ones too
  int64_t line = 0;    // that it begins on, from 1
  // False only for a last record that does not end with a newline.
  bool terminated = true;
  // Longer than kMaxRecordBytes: `text` is its beginning.
  bool cut = false;
  // More text at the source's end may make it another record: it has no newline, or it stands behind a quote
  // that was still open there.
  bool may_change = false;
};

class RecordReader {
 public:
  // Without a dialect, records are lines. Errors as ByteSource::Open.
  static absl::StatusOr<std::unique_ptr<RecordReader>> Open(const std::string& path,
                                                            const std::optional<CsvDialect>& csv = {});
  RecordReader(std::unique_ptr<ByteSource> source, const std::optional<CsvDialect>& csv);

  // The record with this index (from 0) among those that are not empty, without passing over it. Call it
  // before Next. Null when there is none, and beyond kMaxPeekedRecords or kMaxPeekedBytes. Errors as Next.
  absl::StatusOr<const Record*> Peek(size_t index);

  // False at the end. Errors as ByteSource.
  absl::StatusOr<bool> Next(Record& record);

  // As ByteSource.
  int64_t position() const { return source_->position(); }
  int64_t size() const { return source_->size(); }

 private:
  std::string_view rest() const { return {buffer_.data() + at_, used_ - at_}; }
  absl::StatusOr<bool> Fill();
  absl::StatusOr<bool> Read(Record& record);
  absl::StatusOr<bool> ReadText(Record& record);
  absl::Status PassOverLine(Record& record);
  void Take(size_t bytes, bool terminated, Record& record);

  const std::unique_ptr<ByteSource> source_;
  const std::optional<CsvDialect> csv_;
  // The bytes from at_ to used_ are read and not yet taken.
  std::vector<char> buffer_;
  size_t at_ = 0;
  size_t used_ = 0;
  bool at_start_ = true;
  bool quote_open_at_end_ = false;
  int64_t number_ = 0;
  int64_t line_ = 1;
  std::string cut_text_;

  // What Peek has read and Next has yet to return: empty records, then another one, unless it was the end.
  struct Peeked {
    int64_t empty = 0;
    bool is_end = false;
    std::string text;
    Record record;
  };
  std::deque<Peeked> peeked_;
  size_t peeked_bytes_ = 0;
  std::string returned_text_;  // of the last record that came from peeked_
};

}  // namespace donut::cli
