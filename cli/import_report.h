// What an import tells: the records that were refused (the first ones by place and reason, then
// counts), the progress, and the last lines. Only texts: the caller prints. ImportReport is thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "common/mutex.h"

namespace donut::cli {

inline constexpr int kMaxListed = 20;
inline constexpr size_t kMaxReasons = 10;

struct ImportCounts {
  int64_t read = 0;      // in this run, behind what is there already; empty ones and a header included
  int64_t empty = 0;     // of these
  int64_t header = 0;    // of these: 0 or 1
  int64_t unparsed = 0;  // could not be read as an event
  int64_t rejected = 0;  // broke a rule of the collector
  int64_t earlier = 0;   // that earlier runs read, without empty ones and a header
  int64_t records() const { return read - empty - header; }
  int64_t stored() const { return records() - unparsed - rejected; }
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
  // `path` and `noun` ("line" or "row") are for messages.
  ImportReport(std::string path, std::string noun) : path_(std::move(path)), noun_(std::move(noun)) {}

  // Each returns the line to print, or "" when enough were listed.
  std::string CountUnparsed(int64_t line, const std::string& reason);
  std::string CountRejected(int64_t line, const std::string& detail);

  int64_t unparsed() const;
  int64_t rejected() const;
  // When not all were listed: how many more there are, and all reasons with their counts. Else "".
  std::string NotListed() const;
  const std::string& noun() const { return noun_; }

 private:
  std::string Listed(int64_t line, const std::string& what, const std::string& reason)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  const std::string path_;
  const std::string noun_;
  mutable Mutex mutex_;
  int64_t unparsed_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t rejected_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, int64_t> reasons_ ABSL_GUARDED_BY(mutex_);  // the first kMaxReasons
};

struct ImportProgress {
  int64_t bytes = 0;
  int64_t total_bytes = 0;  // 0: not known
  int64_t committed = 0;    // records, in this run
  std::string noun = "line";
  absl::Duration elapsed = absl::ZeroDuration();
  bool connected = true;
};

// "   43% ██████░░░░░░░░░░  12,345 lines stored  8,200/s  2.0 s left", at most `width` columns.
std::string ProgressLine(const ImportProgress& progress, int width);
// The same for a log: "12,345 lines stored (43%), 8,200/s".
std::string PlainProgressLine(const ImportProgress& progress);

// What earlier runs did, as far as the ledger tells: "7 rows, 2 of them unreadable: the table
// rejected_events has them". What the collector rejected then is not known here.
std::string EarlierRecords(int64_t count, int64_t unreadable, const std::string& noun);

// "14,760 rows: 500 stored, 14,250 already there, 7 rejected, 3 unreadable; 1.8 s, 8,200 events/s".
std::string FinalLine(const ImportCounts& counts, const std::string& noun, absl::Duration elapsed);

}  // namespace donut::cli
