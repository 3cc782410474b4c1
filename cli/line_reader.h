// The lines of a file, of standard input or of a gzip file, one after the other, in bounded memory.
// Not thread-safe, apart from position().
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace donut::cli {

// Bytes that are kept of one line; the rest is passed over.
inline constexpr size_t kMaxLineBytes = 1 << 20;

struct SourceLine {
  // Without the newline and spaces at the end.
  std::string text;
  // False only for a last line that does not end with a newline.
  bool terminated = false;
  // Longer than kMaxLineBytes: `text` is its beginning.
  bool cut = false;
};

class LineReader {
 public:
  // "-" is standard input. NOT_FOUND, PERMISSION_DENIED, or FAILED_PRECONDITION for a folder.
  static absl::StatusOr<std::unique_ptr<LineReader>> Open(const std::string& path);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // The first line that is not empty, without passing over it; "" when there is none. Call it before
  // Next. Errors as Next.
  absl::StatusOr<std::string> PeekFirst();

  // False at the end. DATA_LOSS when a gzip file ends early or is damaged; UNAVAILABLE when reading fails.
  absl::StatusOr<bool> Next(SourceLine& line);

  // Bytes of the file that were read (of a gzip file: compressed ones), and in all; 0 when not known.
  int64_t position() const { return position_; }
  int64_t size() const { return size_; }

 private:
  LineReader(void* file, int64_t size) : file_(file), size_(size) {}
  absl::StatusOr<bool> Fill();
  absl::StatusOr<bool> Read(SourceLine& line);

  void* const file_;  // gzFile; zlib.h stays out of headers
  const int64_t size_;
  std::atomic<int64_t> position_ = 0;
  std::string buffer_;
  size_t at_ = 0;
  bool first_ = true;
  // What PeekFirst has read and Next has yet to return: empty lines, then the first other one.
  int64_t peeked_empty_ = 0;
  std::optional<SourceLine> peeked_;
};

}  // namespace donut::cli
