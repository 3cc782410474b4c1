// Where a repository's history stands, so that each commit is sent once, whatever is merged in
// between. The history is sent in segments: everything that `target` reaches and none of
// `done` does, in git's own order, which never changes for the same commits. The next segment
// begins when this one is sent as a whole. Plain functions, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace donut::examples {

struct HistoryBookmark {
  // Numbers that were used before this segment's first commit.
  int64_t sequence_before = 0;
  // Hex hashes.
  std::string target;
  std::vector<std::string> done;
};

// At most 256 bytes. RESOURCE_EXHAUSTED for more than 11 (SHA-256: 6) hashes in `done`: so many branches
// that were sent and never merged.
absl::StatusOr<std::string> EncodeBookmark(const HistoryBookmark& bookmark);

// DATA_LOSS for what EncodeBookmark did not write.
absl::StatusOr<HistoryBookmark> DecodeBookmark(const std::string& bytes);

}  // namespace donut::examples
