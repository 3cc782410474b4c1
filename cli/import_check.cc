#include "cli/import_check.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/render/figures.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

struct FirstRecord {
  std::string text;
  int64_t line = 0;
  absl::Status failure;
};

absl::Status Refusal(const std::string& path, const std::string& what, const FirstRecord& first,
                     const RecordParser& parser) {
  const std::string source = path == "-" ? "standard input" : path;
  const std::string advice = parser.Advice(path, first.text, first.failure);
  return absl::InvalidArgumentError(
      absl::StrCat(source, ": ", what, ", so nothing was sent. ", PlaceInSource(path, first.line), ": ",
                   first.failure.message(), advice.empty() ? "" : ". ", advice));
}

}  // namespace

absl::Status CheckFirstRecords(const std::string& path, const std::string& noun, size_t first,
                               RecordParser& parser, RecordReader& reader) {
  EventBytes event;
  FirstRecord first_record;
  int64_t records = 0;
  for (size_t index = first;; ++index) {
    ASSIGN_OR_RETURN(const Record* record, reader.Peek(index));
    if (record == nullptr) break;
    const absl::Status parsed = parser.Parse(record->text, event);
    if (parsed.ok()) return absl::OkStatus();
    if (records++ > 0) continue;
    first_record = {std::string(record->text), record->line, parsed};
    // A log's only line may still be being written.
    const bool may_grow = !record->terminated && first_record.text.starts_with('{');
    if (may_grow && parser.MayBeUnfinished(parsed)) return absl::OkStatus();
    if (parser.BeginsADocument(first_record.text)) {
      return Refusal(path, "a JSON document, not lines of JSON", first_record, parser);
    }
  }
  if (records == 0) return absl::OkStatus();
  const bool all = records + static_cast<int64_t>(first) < static_cast<int64_t>(kMaxPeekedRecords);
  const std::string none =
      records == 1 ? absl::StrCat("its only ", noun, " cannot")
                   : absl::StrCat("none of its ", all ? "" : "first ", Counted(records, noun), " can");
  return Refusal(path, absl::StrCat(none, " be read as an event"), first_record, parser);
}

std::string PlaceInSource(const std::string& path, int64_t line) {
  if (path == "-") return absl::StrCat("standard input, line ", line);
  return absl::StrCat(path, ":", line);
}

}  // namespace donut::cli
