// What makes an import the same import: the id under which its lines are numbered, and the proof
// that the lines before a number are those that were imported. Plain, not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace donut::cli {

// Call once before anything here. False when libsodium cannot start.
bool StartHashing();

// 16 bytes (BLAKE2b) of the mapping and the first line that is not empty. `generation` counts the
// sources that begin alike: 1, 2, 3, ...
std::string ProducerIdOfLines(const std::string& mapping_fingerprint, const std::string& first_line,
                              int generation);
// The same for a source that was given a name.
std::string ProducerIdOfName(const std::string& name, int generation);

// A hash of all lines so far: h(n) = BLAKE2b-256(h(n-1), line n). Empty lines do not change it, so
// that it fits any line number behind the last line that counts.
class RollingHash {
 public:
  void Add(std::string_view line);
  // 32 bytes; empty before the first line.
  const std::string& value() const { return value_; }

 private:
  std::string value_;
  std::string input_;  // kept for its memory
};

// What the ledger keeps beside the last committed line of an import.
struct ImportBookmark {
  std::string hash;        // the rolling hash up to there
  int64_t unreadable = 0;  // how many of these lines could not be read as an event
  // The first of these lines that might have become another one if the source had gone on (Record's
  // may_change), and the rolling hash in front of it. 0: there is none.
  int64_t open_from = 0;
  std::string hash_before_open = {};

  // At most 104 bytes.
  std::string ToText() const;
  static ImportBookmark FromText(const std::string& text);
};

}  // namespace donut::cli
