// What an import tells: the lines that were refused (the first ones by number and reason, then
// counts), the progress, and the last lines. Only texts: the caller prints. ImportReport is thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "common/mutex.h"

namespace donut::cli {

inline constexpr int kMaxListedLines = 20;

struct ImportCounts {
  int64_t lines = 0;  // read in this run, empty ones included
  int64_t empty = 0;
  int64_t unparsed = 0;  // could not be read as an event
  int64_t rejected = 0;  // broke a rule of the collector
  int64_t stored() const { return lines - empty - unparsed - rejected; }
};

// The days that events stand on, in UTC.
class EventSpan {
 public:
  void Add(absl::Time time);
  // "see them: donut view --start 2024-01-10 --end 2024-06-29"; "" without events.
  std::string Hint() const;

 private:
  absl::Time first_ = absl::InfiniteFuture();
  absl::Time last_ = absl::InfinitePast();
};

class ImportReport {
 public:
  void CountLine();
  void CountEmpty();
  // Each returns the line to print, or "" when enough were listed.
  std::string CountUnparsed(int64_t line, const std::string& reason);
  std::string CountRejected(int64_t line, const std::string& detail);

  ImportCounts counts() const;
  // "and 1,204 more lines were refused", or "".
  std::string NotListed() const;

 private:
  std::string Listed(int64_t line, const std::string& what, const std::string& reason)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  mutable Mutex mutex_;
  ImportCounts counts_ ABSL_GUARDED_BY(mutex_);
  int64_t refused_ ABSL_GUARDED_BY(mutex_) = 0;
};

struct ImportProgress {
  int64_t bytes = 0;
  int64_t total_bytes = 0;  // 0: not known
  int64_t committed_lines = 0;
  absl::Duration elapsed = absl::ZeroDuration();
  bool connected = true;
};

// "   43% ██████░░░░░░░░░░  12,345 lines stored  8,200/s  2.0 s left", at most `width` columns.
std::string ProgressLine(const ImportProgress& progress, int width);
// The same for a log: "12,345 lines stored (43%), 8,200/s".
std::string PlainProgressLine(const ImportProgress& progress);

// What earlier runs did, as far as the ledger tells: "7 lines, 2 of them unreadable: the table
// rejected_events has them". What the collector rejected then is not known here.
std::string EarlierLines(int64_t lines, int64_t unreadable);

// "14,760 lines: 14,750 stored, 7 rejected, 3 unreadable, 0 empty; 1.8 s, 8,200 events/s".
std::string FinalLine(const ImportCounts& counts, absl::Duration elapsed);

}  // namespace donut::cli
