#include "cli/csv_layout.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/limits.h"
#include "common/status_macros.h"
#include "common/utf8.h"

namespace donut::cli {
namespace {

constexpr size_t kMaxColumns = 2'000;
// Of a file that is no CSV at all, the error shows no more.
constexpr size_t kMaxListedColumns = 20;
constexpr size_t kMaxListedBytes = 40;

std::string Listed(const std::vector<CsvColumn>& columns) {
  std::vector<std::string> names;
  for (const CsvColumn& column : columns) {
    if (names.size() == kMaxListedColumns) {
      names.push_back(absl::StrCat("and ", columns.size() - kMaxListedColumns, " more"));
      break;
    }
    names.push_back(ToStorableText(column.name, kMaxListedBytes));
  }
  return absl::StrJoin(names, ", ");
}

// "User ID" and "user-id" are user_id.
std::string Normalized(const std::string& name) {
  std::string text(absl::StripAsciiWhitespace(name));
  for (char& c : text) {
    c = c == ' ' || c == '-' ? '_' : absl::ascii_tolower(static_cast<unsigned char>(c));
  }
  return text;
}

class Resolver {
 public:
  Resolver(const CsvOptions& options, std::vector<CsvColumn>& columns)
      : options_(options), columns_(columns) {}

  absl::Status Resolve() {
    if (!options_.event_name.empty()) {
      if (!options_.event_column.empty()) return Wrong("give --event-column or --event-name, not both");
    } else {
      RETURN_IF_ERROR(Find("event", ColumnRole::kEvent, options_.event_column, UsualColumns::Event(),
                           "--event-column NAME, or --event-name for all rows"));
    }
    RETURN_IF_ERROR(
        Find("user", ColumnRole::kUser, options_.user_column, UsualColumns::User(), "--user-column NAME"));
    RETURN_IF_ERROR(
        Find("time", ColumnRole::kTime, options_.time_column, UsualColumns::Time(), "--time-column NAME"));
    absl::Status session =
        Find("session", ColumnRole::kSession, options_.session_column, UsualColumns::Session(), "");
    if (!session.ok() && !options_.session_column.empty()) return session;
    return DivideTheRest();
  }

 private:
  absl::Status Wrong(const std::string& what) const {
    return absl::InvalidArgumentError(absl::StrCat(what, ". The columns are: ", Listed(columns_)));
  }

  CsvColumn* Named(const std::string& name) const {
    const auto column = std::find_if(columns_.begin(), columns_.end(),
                                     [&name](const CsvColumn& one) { return one.name == name; });
    return column == columns_.end() ? nullptr : &*column;
  }

  absl::Status Find(const std::string& what, ColumnRole role, const std::string& chosen,
                    const std::vector<std::string>& usual, const std::string& option) {
    if (!chosen.empty()) {
      CsvColumn* const column = Named(chosen);
      if (column == nullptr)
        return Wrong(absl::StrCat("there is no column ", chosen, " (--", what, "-column)"));
      if (column->role != ColumnRole::kProperty) {
        return Wrong(absl::StrCat(chosen, ": one column cannot be two parts of an event"));
      }
      column->role = role;
      return absl::OkStatus();
    }
    for (const std::string& name : usual) {
      for (CsvColumn& column : columns_) {
        if (column.role != ColumnRole::kProperty || Normalized(column.name) != name) continue;
        if (IsChosen(column.name)) continue;
        column.role = role;
        return absl::OkStatus();
      }
    }
    return Wrong(absl::StrCat("no column holds the ", what, ": none is called ", absl::StrJoin(usual, ", "),
                              ". Say which one does: ", option, Hint()));
  }

  // Whether an option says what the column is: then it is not taken for something else.
  bool IsChosen(const std::string& name) const {
    for (const std::string* chosen :
         {&options_.event_column, &options_.user_column, &options_.time_column, &options_.session_column}) {
      if (name == *chosen) return true;
    }
    for (const std::vector<std::string>* chosen : {&options_.ignored, &options_.user_properties}) {
      if (std::find(chosen->begin(), chosen->end(), name) != chosen->end()) return true;
    }
    return false;
  }

  // The commonest mistakes show in the header.
  std::string Hint() const {
    if (columns_.size() == 1) {
      for (const auto& [character, word] : {std::pair(';', "semicolon"), std::pair('\t', "tab"),
                                            std::pair('|', "pipe"), std::pair(',', "comma")}) {
        if (columns_[0].name.find(character) == std::string::npos) continue;
        return absl::StrCat(". Are the fields divided otherwise? --delimiter ", word);
      }
    }
    return options_.columns.empty() ? ". In a file without a header row, name them with --columns" : "";
  }

  absl::Status DivideTheRest() {
    for (const std::string& name : options_.user_properties) {
      RETURN_IF_ERROR(Set("--user-properties", name, ColumnRole::kProperty, ColumnRole::kUserProperty));
    }
    if (options_.properties) {
      for (CsvColumn& column : columns_) {
        if (column.role == ColumnRole::kProperty) column.role = ColumnRole::kIgnored;
      }
      for (const std::string& name : *options_.properties) {
        RETURN_IF_ERROR(Set("--properties", name, ColumnRole::kIgnored, ColumnRole::kProperty));
      }
    }
    for (const std::string& name : options_.ignored) {
      RETURN_IF_ERROR(Set("--ignore", name, ColumnRole::kProperty, ColumnRole::kIgnored));
    }
    for (const std::string& name : options_.text_columns) {
      const CsvColumn* const column = Named(name);
      const bool of_user = column != nullptr && column->role == ColumnRole::kUserProperty;
      RETURN_IF_ERROR(Set("--text", name, of_user ? ColumnRole::kUserProperty : ColumnRole::kProperty,
                          of_user ? ColumnRole::kUserText : ColumnRole::kText));
    }
    return CheckProperties();
  }

  absl::Status CheckProperties() {
    size_t properties = 0;
    size_t user_properties = 0;
    for (CsvColumn& column : columns_) {
      if (column.role == ColumnRole::kProperty && options_.only_texts) column.role = ColumnRole::kText;
      if (column.role == ColumnRole::kUserProperty && options_.only_texts)
        column.role = ColumnRole::kUserText;
      if (IsProperty(column.role)) ++properties;
      if (IsUserProperty(column.role)) ++user_properties;
      if (!IsProperty(column.role) && !IsUserProperty(column.role)) continue;
      if (column.name.size() > limits::kMaxPropertyKeyBytes) {
        return Wrong(absl::StrCat("a column's name is longer than ", limits::kMaxPropertyKeyBytes,
                                  " bytes, so it cannot be a property: --ignore it"));
      }
    }
    if (properties > limits::kMaxProperties) {
      return Wrong(absl::StrCat(properties, " columns would be properties, at most ", limits::kMaxProperties,
                                " can: choose them with --properties NAME,NAME,..."));
    }
    if (user_properties > limits::kMaxProperties) {
      return Wrong(absl::StrCat("--user-properties: ", user_properties, " columns; at most ",
                                limits::kMaxProperties, " are allowed"));
    }
    return absl::OkStatus();
  }

  absl::Status Set(const char* option, const std::string& name, ColumnRole from, ColumnRole to) {
    CsvColumn* const column = Named(name);
    if (column == nullptr) return Wrong(absl::StrCat(option, ": there is no column ", name));
    if (column->role == to) return absl::OkStatus();
    if (column->role != from) {
      return Wrong(absl::StrCat(option, ": ", name, " is taken already: it is ",
                                column->role == ColumnRole::kIgnored ? "no property"
                                : IsUserProperty(column->role)       ? "a property of the user"
                                                                     : "a part of the event"));
    }
    column->role = to;
    return absl::OkStatus();
  }

  const CsvOptions& options_;
  std::vector<CsvColumn>& columns_;
};

}  // namespace

const std::vector<std::string>& UsualColumns::Event() {
  static const auto* const names =
      new std::vector<std::string>{"event", "event_name", "event_type", "name", "action"};
  return *names;
}

const std::vector<std::string>& UsualColumns::User() {
  static const auto* const names =
      new std::vector<std::string>{"user", "user_id", "distinct_id", "userid", "customer_id", "visitor_id"};
  return *names;
}

const std::vector<std::string>& UsualColumns::Time() {
  static const auto* const names = new std::vector<std::string>{
      "time", "timestamp", "event_time", "event_timestamp", "datetime", "ts", "created_at", "date"};
  return *names;
}

const std::vector<std::string>& UsualColumns::Session() {
  static const auto* const names = new std::vector<std::string>{"session", "session_id"};
  return *names;
}

absl::StatusOr<std::vector<CsvColumn>> ResolveColumns(const CsvOptions& options,
                                                      const std::vector<std::string>& names) {
  if (names.size() > kMaxColumns) {
    return absl::InvalidArgumentError(
        absl::StrCat("the first row has ", names.size(), " columns, at most ", kMaxColumns, " are read"));
  }
  std::vector<CsvColumn> columns;
  std::set<std::string> seen;
  for (const std::string& name : names) {
    columns.push_back({name.empty() ? absl::StrCat("column_", columns.size() + 1) : name});
    if (seen.insert(columns.back().name).second) continue;
    return absl::InvalidArgumentError(absl::StrCat("two columns are called ",
                                                   ToStorableText(columns.back().name, kMaxListedBytes),
                                                   ": rename one, or name all columns with --columns"));
  }
  RETURN_IF_ERROR(Resolver(options, columns).Resolve());
  return columns;
}

std::string CsvFingerprint(const CsvOptions& options, const std::vector<CsvColumn>& columns) {
  std::string roles;
  for (const CsvColumn& column : columns) roles += static_cast<char>(column.role);
  std::string names;
  // Otherwise they stand in the file, whose beginning counts by itself.
  if (!options.columns.empty()) {
    for (const CsvColumn& column : columns) absl::StrAppend(&names, column.name.size(), ":", column.name);
  }
  const std::string dialect = {options.dialect.delimiter, options.dialect.quotes ? 'q' : '-'};
  std::string fingerprint = "csv 1\n";
  for (const std::string& part :
       {dialect, roles, names, options.event_name, options.time_format, options.time_zone}) {
    absl::StrAppend(&fingerprint, part.size(), ":", part);
  }
  return fingerprint;
}

}  // namespace donut::cli
