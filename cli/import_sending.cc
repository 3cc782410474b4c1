#include "cli/import_sending.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/import_check.h"
#include "common/limits.h"
#include "common/status_macros.h"

namespace donut::cli {

int64_t EarlierRecordsOf(const PreparedImport& prepared, const OpenImport& opened) {
  const bool with_header = prepared.header_number > 0 && prepared.header_number <= opened.record;
  return opened.record - opened.empty - (with_header ? 1 : 0);
}

ImportSending::ImportSending(PreparedImport prepared, OpenImport opened, RecordLines& lines,
                             ImportReport& report, ImportScreen& screen)
    : latest_(absl::Now() + limits::kMaxEventTimeAhead),
      prepared_(std::move(prepared)),
      opened_(std::move(opened)),
      lines_(lines),
      report_(report),
      screen_(screen) {
  counts_.earlier = EarlierRecordsOf(prepared_, opened_);
}

absl::Status ImportSending::SendAll() {
  Record record;
  while (!ImportScreen::interrupted()) {
    ASSIGN_OR_RETURN(const bool more, opened_.reader->Next(record));
    if (!more) break;
    RETURN_IF_ERROR(SendRecord(record));
    if (!unfinished_.empty()) break;
  }
  if (ImportScreen::interrupted()) return absl::CancelledError();
  return FlushSkipped();
}

ImportCounts ImportSending::counts() const {
  ImportCounts counts = counts_;
  counts.unparsed = report_.unparsed();
  counts.rejected = report_.rejected();
  return counts;
}

absl::Status ImportSending::SendRecord(const Record& record) {
  const bool is_header = record.number == prepared_.header_number;
  if (record.text.empty() || is_header) {
    Take(record);
    ++(is_header ? counts_.header : counts_.empty);
    ++skipped_;
    return absl::OkStatus();
  }
  const absl::Status parsed =
      record.cut ? absl::InvalidArgumentError(absl::StrCat("longer than ", kMaxRecordBytes, " bytes"))
                 : prepared_.parser->Parse(record.text, event_);
  if (LeaveOut(record, parsed)) return absl::OkStatus();
  Take(record);
  RETURN_IF_ERROR(FlushSkipped());
  if (!parsed.ok()) return SendUnreadable(record, std::string(parsed.message()));
  // Others will be rejected.
  if (event_.time() >= limits::kMinEventTime && event_.time() <= latest_) span_.Add(event_.time());
  return opened_.replay->SendEncoded(event_.bytes(), Bookmark());
}

absl::Status ImportSending::SendUnreadable(const Record& record, const std::string& reason) {
  screen_.Print(report_.CountUnparsed(record.line, reason));
  ++opened_.unreadable;
  // rejected_events has the number, which is not the line behind a row of several lines.
  const std::string place = record.line == record.number ? "" : absl::StrCat("line ", record.line, ": ");
  return opened_.replay->SendUnparsed(std::string(record.text.substr(0, limits::kMaxUnparsedBytes)),
                                      absl::StrCat(place, reason), Bookmark());
}

// A log's last record that is still being written: taken now, it would be another one later.
bool ImportSending::LeaveOut(const Record& record, const absl::Status& parsed) {
  if (record.terminated || record.cut || parsed.ok() || !prepared_.parser->MayBeUnfinished(parsed)) {
    return false;
  }
  unfinished_ = absl::StrCat(PlaceInSource(prepared_.source.path, record.line), ": the last ", prepared_.noun,
                             " has no newline and cannot be read: ", parsed.message(),
                             ". It is left for the next import: complete it, and import again");
  return true;
}

void ImportSending::Take(const Record& record) {
  if (record.may_change && opened_.open_from == 0) {
    opened_.open_from = record.number;
    opened_.hash_before_open = opened_.hash.value();
  }
  lines_.Note(record.number, record.line);
  opened_.record = record.number;
  opened_.hash.Add(record.text);
  ++counts_.read;
}

std::string ImportSending::Bookmark() const {
  return ImportBookmark{opened_.hash.value(), opened_.unreadable, opened_.open_from, opened_.hash_before_open}
      .ToText();
}

absl::Status ImportSending::FlushSkipped() {
  const int64_t count = std::exchange(skipped_, 0);
  return count > 0 ? opened_.replay->Skip(count) : absl::OkStatus();
}

}  // namespace donut::cli
