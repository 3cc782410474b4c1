// Which column of a CSV file holds which part of an event. Decided once per file, from the command line and
// from the names of the columns. Plain, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/csv_text.h"

namespace donut::cli {

// As the command line says it.
struct CsvOptions {
  CsvDialect dialect = {};
  // The names of the columns, where the file has no header row.
  std::vector<std::string> columns = {};
  // Empty: guessed, see UsualColumns.
  std::string event_column = {};
  std::string user_column = {};
  std::string time_column = {};
  std::string session_column = {};
  // All rows are this event.
  std::string event_name = {};
  std::string time_format = {};  // as TimeReader
  std::string time_zone = {};
  // Only these columns become properties.
  std::optional<std::vector<std::string>> properties = {};
  std::vector<std::string> ignored = {};
  // These are set on the user, and are no properties of the event.
  std::vector<std::string> user_properties = {};
  // Properties of these columns are texts, whatever they look like; or all of them.
  std::vector<std::string> text_columns = {};
  bool only_texts = false;
};

// The letters are part of every id ever made: never change them.
enum class ColumnRole : char {
  kEvent = 'e',
  kUser = 'u',
  kTime = 't',
  kSession = 's',
  kProperty = 'p',
  kText = 'x',
  kUserProperty = 'P',
  kUserText = 'X',
  kIgnored = 'i'
};

// Whether it is one of the event or of the user.
inline bool IsProperty(ColumnRole role) { return role == ColumnRole::kProperty || role == ColumnRole::kText; }
inline bool IsUserProperty(ColumnRole role) {
  return role == ColumnRole::kUserProperty || role == ColumnRole::kUserText;
}

struct CsvColumn {
  std::string name;
  ColumnRole role = ColumnRole::kProperty;
};

// Names that a column is looked for by, in this order. Case does not count, and a space or a dash is
// as good as an underscore.
struct UsualColumns {
  static const std::vector<std::string>& Event();
  static const std::vector<std::string>& User();
  static const std::vector<std::string>& Time();
  static const std::vector<std::string>& Session();
};

// `names`: the header row, or CsvOptions::columns. A column without a name is called column_N.
// INVALID_ARGUMENT: which column is missing or there twice, which there are, and which option says it.
absl::StatusOr<std::vector<CsvColumn>> ResolveColumns(const CsvOptions& options,
                                                      const std::vector<std::string>& names);

// The same text for the same way to read a file: part of an import's identity.
std::string CsvFingerprint(const CsvOptions& options, const std::vector<CsvColumn>& columns);

}  // namespace donut::cli
