#include "cli/csv_event.h"

#include <charconv>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/render/figures.h"
#include "common/limits.h"
#include "common/status_macros.h"
#include "simdjson.h"

namespace donut::cli {
namespace {

constexpr char kNotUtf8[] = "bytes that are not UTF-8";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

size_t PassDigits(std::string_view text, size_t at) {
  while (at < text.size() && IsDigit(text[at])) ++at;
  return at;
}

// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
bool HasShapeOfNumber(std::string_view text) {
  size_t at = text.starts_with('-') ? 1 : 0;
  if (at == text.size() || !IsDigit(text[at])) return false;
  at = text[at] == '0' ? at + 1 : PassDigits(text, at);
  if (at < text.size() && text[at] == '.') {
    const size_t fraction = at + 1;
    at = PassDigits(text, fraction);
    if (at == fraction) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const size_t exponent = at;
    at = PassDigits(text, exponent);
    if (at == exponent) return false;
  }
  return at == text.size();
}

std::optional<bool> Boolean(std::string_view field) {
  if (field == "true" || field == "True" || field == "TRUE") return true;
  if (field == "false" || field == "False" || field == "FALSE") return false;
  return std::nullopt;
}

void WriteField(std::string_view field, ColumnRole role, EventBytes& event) {
  if (role == ColumnRole::kProperty || role == ColumnRole::kUserProperty) {
    if (const std::optional<double> number = JsonNumber(field)) return event.Number(*number);
    if (const std::optional<bool> boolean = Boolean(field)) return event.Bool(*boolean);
  }
  event.Text(field);
}

std::string RuleOf(CsvFlaw flaw) {
  switch (flaw) {
    case CsvFlaw::kQuoteInside:
      return "a quote within a field that does not begin with one (quote the whole field and double the "
             "quote, or --no-quotes)";
    case CsvFlaw::kTextBehindQuote:
      return "text behind the closing quote (double the quotes within a quoted field)";
    case CsvFlaw::kUnclosedQuote:
      return "the quote is not closed";
    case CsvFlaw::kNone:
      break;
  }
  return "";
}

}  // namespace

std::optional<double> JsonNumber(std::string_view field) {
  if (!HasShapeOfNumber(field)) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number);
  const bool is_whole = error == std::errc() && end == field.data() + field.size();
  // 2^53 itself may be what a larger integer was rounded to.
  if (!is_whole || !(std::abs(number) < limits::kMaxInteger)) return std::nullopt;
  return number;
}

absl::StatusOr<std::vector<std::string>> SplitRow(const CsvDialect& dialect, std::string_view row) {
  if (!simdjson::validate_utf8(row.data(), row.size())) return absl::InvalidArgumentError(kNotUtf8);
  CsvFields fields(dialect);
  const CsvFlaw flaw = fields.Split(row);
  if (flaw != CsvFlaw::kNone) {
    return absl::InvalidArgumentError(
        absl::StrCat("column ", fields.fields().size() + 1, ": ", RuleOf(flaw)));
  }
  return std::vector<std::string>(fields.fields().begin(), fields.fields().end());
}

CsvParser::CsvParser(const CsvOptions& options, std::vector<CsvColumn> columns, TimeReader times)
    : columns_(std::move(columns)),
      event_name_(options.event_name),
      times_(std::move(times)),
      fields_(options.dialect) {
  for (size_t i = 0; i < columns_.size(); ++i) {
    const ColumnRole role = columns_[i].role;
    if (role == ColumnRole::kEvent) event_ = i;
    if (role == ColumnRole::kUser) user_ = i;
    if (role == ColumnRole::kTime) time_ = i;
    if (role == ColumnRole::kSession) session_ = i;
    if (IsUserProperty(role)) sets_user_properties_ = true;
  }
}

absl::Status CsvParser::Explained(CsvFlaw flaw) const {
  const size_t index = fields_.fields().size();
  const std::string column =
      index < columns_.size() ? columns_[index].name : absl::StrCat("column ", index + 1);
  return absl::DataLossError(absl::StrCat(column, ": ", RuleOf(flaw)));
}

absl::StatusOr<std::string_view> CsvParser::Required(size_t column) const {
  const std::string_view field = fields_.fields()[column];
  if (field.empty()) return absl::InvalidArgumentError(absl::StrCat(columns_[column].name, ": is empty"));
  return field;
}

void CsvParser::WriteFields(bool (*is_wanted)(ColumnRole), EventBytes& event) const {
  const std::vector<std::string_view>& fields = fields_.fields();
  for (size_t i = 0; i < fields.size(); ++i) {
    const CsvColumn& column = columns_[i];
    if (!is_wanted(column.role) || fields[i].empty()) continue;
    event.OpenMember(column.name);
    WriteField(fields[i], column.role, event);
    event.CloseMember();
  }
}

absl::Status CsvParser::Parse(std::string_view row, EventBytes& event) {
  if (!simdjson::validate_utf8(row.data(), row.size())) return absl::DataLossError(kNotUtf8);
  if (const CsvFlaw flaw = fields_.Split(row); flaw != CsvFlaw::kNone) return Explained(flaw);
  const std::vector<std::string_view>& fields = fields_.fields();
  if (fields.size() != columns_.size()) {
    return absl::DataLossError(
        absl::StrCat(Counted(static_cast<int64_t>(fields.size()), "field"), ", not ", columns_.size()));
  }
  std::string_view name = event_name_;
  if (event_) {
    ASSIGN_OR_RETURN(name, Required(*event_));
  }
  ASSIGN_OR_RETURN(const std::string_view user, Required(*user_));
  ASSIGN_OR_RETURN(const std::string_view time_text, Required(*time_));
  const absl::StatusOr<absl::Time> time = times_.Read(time_text);
  if (!time.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(columns_[*time_].name, ": ", time.status().message()));
  }
  event.StartEvent(name, user, session_ ? fields[*session_] : std::string_view(), *time);
  WriteFields(IsProperty, event);
  if (sets_user_properties_) {
    event.StartUserProperties();
    WriteFields(IsUserProperty, event);
  }
  event.FinishEvent();
  if (const size_t bytes = event.bytes().size(); bytes > limits::kMaxEventBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the event is too large: ", bytes, " bytes, at most ", limits::kMaxEventBytes));
  }
  return absl::OkStatus();
}

// Whatever is wrong with it: more bytes may mend it.
bool CsvParser::MayBeUnfinished(const absl::Status& failure) const { return !failure.ok(); }

bool CsvParser::BeginsADocument(std::string_view /*first_row*/) const { return false; }

std::string CsvParser::Advice(const std::string& /*path*/, std::string_view /*first_row*/,
                              const absl::Status& failure) const {
  const std::string message(failure.message());
  if (message.find("--") != std::string::npos) return "";  // it says what to do
  if (message == kNotUtf8) return "Convert the file first: iconv -t UTF-8 -f LATIN1 (or UTF-16)";
  if (failure.code() == absl::StatusCode::kDataLoss) {
    return "Are the fields divided otherwise (--delimiter), or quotes nothing special (--no-quotes)?";
  }
  return "Say which columns to take, and how times are written: --user-column, --event-column, "
         "--time-column, --time-format (donut import --help)";
}

}  // namespace donut::cli
