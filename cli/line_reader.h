// The lines of a file, of standard input or of a gzip file, one after the other, in bounded memory.
// Not thread-safe, apart from position().
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace donut::cli {

// Bytes that are kept of one line; the rest is passed over.
inline constexpr size_t kMaxLineBytes = 1 << 20;
// How far Peek looks.
inline constexpr size_t kMaxPeekedLines = 1'000;
inline constexpr size_t kMaxPeekedBytes = 16 << 20;

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
  // "-" is standard input. NOT_FOUND, or FAILED_PRECONDITION for what cannot be read: a folder, a file of
  // somebody else. The message begins with the path.
  static absl::StatusOr<std::unique_ptr<LineReader>> Open(const std::string& path);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // The first line that is not empty, without passing over it; "" when there is none. Call it before
  // Next. Errors as Next.
  absl::StatusOr<std::string> PeekFirst();
  // The same for the next line that is not empty, one further with each call; valid until the next call of
  // anything here. Null at the end, and when kMaxPeekedLines or kMaxPeekedBytes are held.
  absl::StatusOr<const SourceLine*> Peek();

  // False at the end. DATA_LOSS when reading fails, or a gzip file ends early or is damaged.
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
  // What Peek has read and Next has yet to return: empty lines, then another one, unless it was the end.
  struct Peeked {
    int64_t empty = 0;
    std::optional<SourceLine> line;
  };
  std::deque<Peeked> peeked_;
  size_t peeked_bytes_ = 0;
};

}  // namespace donut::cli
