#include "cli/import_check.h"

#include <cstdint>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/render/figures.h"
#include "common/proto_alias.h"
#include "common/status_macros.h"
#include "donut/analytics/v1/event.pb.h"

namespace donut::cli {
namespace {

std::string WhatToDo(const std::string& path, const std::string& first_line, const absl::Status& reason) {
  const std::string file = path == "-" ? "FILE" : path;
  if (absl::StartsWith(first_line, "[")) {
    return absl::StrCat("One object per line is wanted: jq -c '.[]' ", file, " | donut import -");
  }
  if (first_line == "{") {
    return absl::StrCat("One object per line is wanted: jq -c . ", file, " | donut import -");
  }
  if (reason.code() == absl::StatusCode::kDataLoss) return "Is it a file of JSON, one object per line?";
  return "Say which keys to take: --user-field, --event-field, --time-field (donut import --help)";
}

// A JSON document over several lines. One of these may well be readable by itself, such as an array's last.
bool BeginsADocument(const std::string& line) {
  return line == "[" || line == "{" || absl::StartsWith(line, "[{");
}

absl::Status Refusal(const std::string& what, const absl::Status& reason, const std::string& path,
                     const std::string& first_line) {
  return absl::InvalidArgumentError(absl::StrCat(path == "-" ? "standard input" : path, ": ", what,
                                                 ", so nothing was sent. Its first line: ", reason.message(),
                                                 ". ", WhatToDo(path, first_line, reason)));
}

}  // namespace

absl::Status CheckFirstLines(const std::string& path, const FieldMapping& mapping, LineReader& reader) {
  LineParser parser(mapping);
  v1::Event event;
  std::string first_line;
  absl::Status first_reason;
  int64_t lines = 0;
  while (true) {
    ASSIGN_OR_RETURN(const SourceLine* line, reader.Peek());
    if (line == nullptr) break;
    const absl::Status parsed = parser.Parse(line->text, event);
    if (parsed.ok()) return absl::OkStatus();
    if (lines++ > 0) continue;
    first_line = line->text;
    first_reason = parsed;
    // A log's only line may still be being written.
    const bool may_grow = !line->terminated && absl::StartsWith(first_line, "{");
    if (may_grow && parsed.code() == absl::StatusCode::kDataLoss) return absl::OkStatus();
    if (BeginsADocument(first_line)) {
      return Refusal("a JSON document, not lines of JSON", parsed, path, first_line);
    }
  }
  if (lines == 0) return absl::OkStatus();
  const bool all = lines < static_cast<int64_t>(kMaxPeekedLines);
  const std::string none =
      lines == 1 ? "its only line cannot"
                 : absl::StrCat("none of its ", all ? "" : "first ", Counted(lines, "line"), " can");
  return Refusal(absl::StrCat(none, " be read as an event"), first_reason, path, first_line);
}

}  // namespace donut::cli
