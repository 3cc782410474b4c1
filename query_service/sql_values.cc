#include "query_service/sql_values.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/proto_time.h"
#include "query_service/events/durations.h"

namespace donut::query {
namespace {

void AppendQuoted(const std::string& text, std::string& literal) {
  literal += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') literal += '\\';
    literal += c;
  }
  literal += '"';
}

}  // namespace

std::string ToPostgresArray(const std::vector<std::string>& texts) {
  std::string literal = "{";
  for (const std::string& text : texts) {
    if (literal.size() > 1) literal += ',';
    AppendQuoted(text, literal);
  }
  return literal + "}";
}

std::string ToPostgresArray(const std::vector<int64_t>& numbers) {
  return absl::StrCat("{", absl::StrJoin(numbers, ","), "}");
}

std::string ToPostgresArray(const std::vector<absl::Time>& times) {
  std::vector<std::string> texts;
  texts.reserve(times.size());
  for (const absl::Time time : times) texts.push_back(ToPostgres(time));
  return ToPostgresArray(texts);
}

std::optional<std::string> NamesOrNull(const std::vector<std::string>& names) {
  if (names.empty()) return std::nullopt;
  return ToPostgresArray(names);
}

absl::Time TimeFromMicros(const pqxx::field& field) { return absl::FromUnixMicros(field.as<int64_t>()); }

std::vector<int64_t> IntegersFromArray(const pqxx::field& field) {
  std::vector<int64_t> integers;
  const std::string text = field.as<std::string>();
  for (const absl::string_view part :
       absl::StrSplit(text.substr(1, text.size() - 2), ',', absl::SkipEmpty())) {
    integers.push_back(0);
    if (!absl::SimpleAtoi(part, &integers.back())) throw pqxx::conversion_error("not an array of bigint");
  }
  return integers;
}

std::optional<v1::DurationStatistics> DurationStatisticsFromRow(const pqxx::row& row,
                                                                const std::string& prefix) {
  const int64_t count = row[prefix + "_count"].as<int64_t>();
  if (count == 0) return std::nullopt;
  const auto seconds = [&](const char* column) {
    return SecondsFromMicros(row[prefix + column].as<double>());
  };
  v1::DurationStatistics statistics;
  statistics.set_count(count);
  statistics.set_mean_seconds(seconds("_mean"));
  statistics.set_median_seconds(seconds("_median"));
  statistics.set_p90_seconds(seconds("_p90"));
  statistics.set_p99_seconds(seconds("_p99"));
  statistics.set_min_seconds(seconds("_min"));
  statistics.set_max_seconds(seconds("_max"));
  return statistics;
}

}  // namespace donut::query
