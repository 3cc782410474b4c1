#include "cli/render/csv.h"

#include <charconv>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cli/render/figures.h"

namespace donut::cli {
namespace {

std::string Field(const std::string& text) {
  const bool needs_quotes = text.find_first_of("\",\r\n") != std::string::npos ||
                            (!text.empty() && (text.front() == ' ' || text.back() == ' '));
  return needs_quotes ? absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"") : text;
}

}  // namespace

Csv& Csv::Text(const std::string& text) {
  absl::StrAppend(&text_, row_begun_ ? "," : "", Field(text));
  row_begun_ = true;
  return *this;
}

Csv& Csv::Number(int64_t number) { return Text(absl::StrCat(number)); }

Csv& Csv::Number(double number) {
  char digits[32];
  const std::to_chars_result end = std::to_chars(digits, digits + sizeof(digits), number);
  return Text(std::string(digits, end.ptr));
}

Csv& Csv::Time(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return Nothing();
  return Text(absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", TimeOf(time), absl::UTCTimeZone()));
}

Csv& Csv::Rate(bool has_rate, const v1::Rate& rate) {
  if (!has_rate) return Nothing().Nothing().Nothing();
  Number(rate.value());
  if (!rate.has_low() || !rate.has_high()) return Nothing().Nothing();
  return Number(rate.low()).Number(rate.high());
}

Csv& Csv::Durations(bool has_durations, const v1::DurationStatistics& durations) {
  if (!has_durations) return Number(int64_t{0}).Nothing().Nothing().Nothing().Nothing().Nothing().Nothing();
  return Number(durations.count())
      .Number(durations.mean_seconds())
      .Number(durations.median_seconds())
      .Number(durations.p90_seconds())
      .Number(durations.p99_seconds())
      .Number(durations.min_seconds())
      .Number(durations.max_seconds());
}

Csv& Csv::Value(const v1::BreakdownValue* value) {
  if (value == nullptr) return Text("all").Nothing();
  if (value->none()) return Text("none").Nothing();
  if (value->other()) return Text("other").Nothing();
  if (value->not_reached()) return Text("not_reached").Nothing();
  return Text("text").Text(value->text());
}

Csv& Csv::Bucket(const v1::Bucket& bucket) {
  return Text(bucket.label()).Time(bucket.start_time()).Time(bucket.end_time()).Truth(bucket.complete());
}

void Csv::Next() {
  text_ += "\r\n";
  row_begun_ = false;
}

std::vector<std::string> Csv::RateColumns(const std::string& name) {
  return {name, absl::StrCat(name, "_low"), absl::StrCat(name, "_high")};
}

std::vector<std::string> Csv::DurationColumns(const std::string& name) {
  std::vector<std::string> columns = {absl::StrCat(name, "_count")};
  for (const char* figure : {"mean", "median", "p90", "p99", "min", "max"}) {
    columns.push_back(absl::StrCat(name, "_", figure, "_seconds"));
  }
  return columns;
}

std::vector<std::string> Csv::BucketColumns(const std::string& name) {
  return {name, "start_time", "end_time", "complete"};
}

std::vector<std::string> Csv::Joined(const std::vector<std::vector<std::string>>& groups) {
  std::vector<std::string> columns;
  for (const std::vector<std::string>& group : groups) {
    columns.insert(columns.end(), group.begin(), group.end());
  }
  return columns;
}

void Csv::Line(const std::vector<std::string>& fields) {
  for (const std::string& field : fields) Text(field);
  Next();
}

}  // namespace donut::cli
