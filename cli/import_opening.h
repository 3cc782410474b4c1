// Finds where an import goes on: opens the producer of the source, compares what it has committed
// with the source's own lines, and takes the next generation's id when another source began
// alike. Not thread-safe.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/import_identity.h"
#include "cli/line_reader.h"
#include "donut/replay.h"

namespace donut::cli {

struct ImportSource {
  std::string path;  // "-": standard input
  std::string name;  // --as; empty: known by its first line
  std::string mapping_fingerprint;
};

// An import that is ready to go on behind `line`.
struct OpenImport {
  std::unique_ptr<LineReader> reader;  // behind `line` lines
  std::unique_ptr<Replay> replay;      // null: the source has no lines at all
  RollingHash hash;                    // of those lines
  int64_t line = 0;
  int64_t unreadable = 0;  // of those lines
  int generation = 1;
};

// `reader` is at the start of the source. `options` is all but the producer id. FAILED_PRECONDITION for a
// source that cannot be gone on with: fewer lines than were imported, or standard input that differs. Else as
// LineReader and Replay::Open.
absl::StatusOr<OpenImport> OpenAndResume(const ImportSource& source, std::unique_ptr<LineReader> reader,
                                         const ReplayOptions& options);

}  // namespace donut::cli
