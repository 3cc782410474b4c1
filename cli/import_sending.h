// Sends what is left of an opened source, record by record: the loop of `donut import`. Not thread-safe,
// apart from progress() and Stop().
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "cli/import_opening.h"
#include "cli/import_preparation.h"
#include "cli/import_report.h"
#include "cli/import_screen.h"
#include "cli/record_lines.h"

namespace donut::cli {

// How many records earlier runs took, without empty ones and the header.
int64_t EarlierRecordsOf(const PreparedImport& prepared, const OpenImport& opened);

class ImportSending {
 public:
  // The last three must outlive it.
  ImportSending(PreparedImport prepared, OpenImport opened, RecordLines& lines, ImportReport& report,
                ImportScreen& screen);

  // CANCELLED after Ctrl-C; else as RecordReader and Replay.
  absl::Status SendAll();
  absl::Status Finish(absl::Duration timeout) { return opened_.replay->Finish(timeout); }
  void Stop() { opened_.replay->Stop(); }

  const OpenImport& opened() const { return opened_; }
  ReplayProgress progress() const { return opened_.replay->progress(); }
  ImportCounts counts() const;
  const EventSpan& span() const { return span_; }
  // Why a last record was left out that is not complete yet: where it is, and what to do; "": there is none.
  const std::string& unfinished() const { return unfinished_; }

 private:
  absl::Status SendRecord(const Record& record);
  absl::Status SendUnreadable(const Record& record, const std::string& reason);
  bool LeaveOut(const Record& record, const absl::Status& parsed);
  void Take(const Record& record);
  std::string Bookmark() const;
  absl::Status FlushSkipped();

  const absl::Time latest_;
  PreparedImport prepared_;
  OpenImport opened_;
  RecordLines& lines_;
  ImportReport& report_;
  ImportScreen& screen_;

  EventBytes event_;
  EventSpan span_;
  ImportCounts counts_;
  int64_t skipped_ = 0;  // numbers that hold no event and are not sent yet
  std::string unfinished_;
};

}  // namespace donut::cli
