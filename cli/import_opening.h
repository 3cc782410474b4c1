// Finds where an import goes on: opens the producer of the source, compares what it has committed
// with the source's own records, and takes the next generation's id when another source began
// alike. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "cli/import_identity.h"
#include "cli/record_reader.h"
#include "donut/replay.h"

namespace donut::cli {

struct ImportSource {
  std::string path = {};  // "-": standard input
  std::string name = {};  // --as; empty: known by its beginning
  std::string mapping_fingerprint = {};
  std::string beginning = {};          // its first record, with a header in front; empty: it has none
  std::optional<CsvDialect> csv = {};  // as RecordReader
};

// An import that is ready to go on behind `record`.
struct OpenImport {
  std::unique_ptr<RecordReader> reader;  // behind `record` records
  std::unique_ptr<Replay> replay;        // null: the source has no records at all
  RollingHash hash;                      // of those records
  int64_t record = 0;
  int64_t empty = 0;       // of those records
  int64_t unreadable = 0;  // of those records
  // The first of them that may become another one if the source goes on, and the hash in front of it;
  // 0: there is none.
  int64_t open_from = 0;
  std::string hash_before_open;
  // The line of a record that had no newline when it was imported, and has grown since; 0: there is none.
  int64_t grown_line = 0;
  int generation = 1;
};

// `reader` is at the start of the source. `options` is all but the producer id. FAILED_PRECONDITION for a
// source that cannot be gone on with: fewer records than were imported, an end that has changed, or standard
// input that differs. Else as RecordReader and Replay::Open.
absl::StatusOr<OpenImport> OpenAndResume(const ImportSource& source, std::unique_ptr<RecordReader> reader,
                                         const ReplayOptions& options);

}  // namespace donut::cli
