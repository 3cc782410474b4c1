#include "cli/scope_request.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "cli/filter_expression.h"
#include "cli/option_words.h"
#include "cli/time_text.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "google/protobuf/util/json_util.h"

namespace donut::cli {
namespace {

constexpr int kDefaultDays = 30;
// As in scope.proto.
constexpr int kMinYear = 1971;
constexpr int kMaxYear = 2200;

const std::vector<std::pair<std::string, std::string>>& ScopeOptions() {
  static const auto* const kOptions = new std::vector<std::pair<std::string, std::string>>{
      {"scope.time_zone", "--time-zone"},    {"scope.interval.start_date", "--start"},
      {"scope.interval.end_date", "--end"},  {"scope.interval", "--start and --end"},
      {"scope.as_of_time", "--as-of"},       {"scope.week_start", "--week-start"},
      {"scope.preset", "--preset"},          {"scope.engine", "--engine"},
      {"scope.filter", "--where (--filter)"}};
  return *kOptions;
}

// The longer ones before those that they begin with.
const std::vector<std::pair<std::string, std::string>>& MetricOptions() {
  static const auto* const kOptions =
      new std::vector<std::pair<std::string, std::string>>{{"actor", "--actor"},
                                                           {"alignment", "--alignment"},
                                                           {"attribution_step", "--attribution"},
                                                           {"attribution", "--attribution"},
                                                           {"brackets", "--brackets"},
                                                           {"breakdown.limit", "--breakdown-limit"},
                                                           {"breakdown_value.text", "--value"},
                                                           {"breakdown_value", "--row"},
                                                           {"breakdown", "--breakdown"},
                                                           {"cohort_date", "--cohort-date"},
                                                           {"cohort", "--cohort"},
                                                           {"compare_to_previous", "--compare"},
                                                           {"dropped_before_step", "--dropped-before"},
                                                           {"event_names", "--event"},
                                                           {"exclusions", "--exclude"},
                                                           {"from", "FROM"},
                                                           {"granularity", "--by"},
                                                           {"histogram", "--histogram"},
                                                           {"hold_constant", "--hold-constant"},
                                                           {"kind", "--kind"},
                                                           {"mode", "--mode"},
                                                           {"offsets", "--offsets"},
                                                           {"offset", "--offset"},
                                                           {"order", "--order"},
                                                           {"page_size", "--limit"},
                                                           {"period", "--period"},
                                                           {"phases", "--phase"},
                                                           {"pipeline", "PIPELINE"},
                                                           {"property", "--property"},
                                                           {"range_applies_to", "--range"},
                                                           {"reached_step", "--reached"},
                                                           {"return_event_names", "--return-event"},
                                                           {"return_filter", "--return-event"},
                                                           {"series.granularity", "--by"},
                                                           {"series_granularity", "--by"},
                                                           {"series", "--series-steps"},
                                                           {"session_id", "--session"},
                                                           {"session_key", "--session-key"},
                                                           {"session", "--session"},
                                                           {"start_event_names", "--start-event"},
                                                           {"start_filter", "--start-event"},
                                                           {"steps", "STEP"},
                                                           {"ties", "--ties"},
                                                           {"to", "TO"},
                                                           {"user_id", "--user"},
                                                           {"value_property", "--value"},
                                                           {"who", "--who"},
                                                           {"window", "--window"}};
  return *kOptions;
}

absl::Status CheckOrder(const Days& days, const std::string& start, const std::string& end, absl::Time now) {
  const absl::CivilDay latest_today = absl::ToCivilDay(now + kMaxZoneOffset, absl::UTCTimeZone());
  if (days.last.has_value() && *days.last < *days.first) {
    return WrongOption("--end",
                       absl::StrCat(end, " lies before --start ", start, " (both days are included)"));
  }
  if (!days.last.has_value() && *days.first > latest_today) {
    return WrongOption("--start",
                       absl::StrCat(start, " lies after today, where the period ends unless --end is given"));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Filter> FilterFromJson(const std::string& json) {
  v1::Filter filter;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &filter);
  if (status.ok()) return filter;
  return WrongOption("--filter",
                     absl::StrCat("is not a Filter as JSON, such as "
                                  "{\"condition\": {\"event_property\": \"plan\", \"equals\": \"pro\"}}: ",
                                  std::string(status.message())));
}

// All of them at once; none: no filter.
absl::Status SetFilter(const ScopeArguments& arguments, v1::Scope& scope) {
  v1::Filter all;
  for (const std::string& expression : arguments.where) {
    auto filter = ParseFilterExpression(expression);
    if (!filter.ok()) {
      return WrongOption("--where",
                         absl::StrCat(std::string(filter.status().message()), ", in: ", expression));
    }
    *all.add_all_of() = *std::move(filter);
  }
  if (!arguments.filter.empty()) {
    ASSIGN_OR_RETURN(*all.add_all_of(), FilterFromJson(arguments.filter));
  }
  if (all.all_of_size() == 1) {
    *scope.mutable_filter() = all.all_of(0);
  } else if (all.all_of_size() > 1) {
    *scope.mutable_filter() = std::move(all);
  }
  return absl::OkStatus();
}

// "steps[1].label" is the field "steps", "stepson" is not.
bool IsField(absl::string_view path, absl::string_view field) {
  if (!absl::StartsWith(path, field)) return false;
  return path.size() == field.size() || path[field.size()] == '.' || path[field.size()] == '[';
}

}  // namespace

absl::StatusOr<absl::CivilDay> ParseDay(const std::string& option, const std::string& text) {
  absl::CivilDay day;
  if (text.size() != 10 || !absl::ParseCivilTime(text, &day)) {
    return WrongOption(option, absl::StrCat(text, " is not a date such as 2024-01-31"));
  }
  if (day.year() < kMinYear || day.year() > kMaxYear) {
    return WrongOption(option, absl::StrCat(text, " lies outside the years ", kMinYear, " to ", kMaxYear));
  }
  return day;
}

absl::StatusOr<Days> ParseDays(const std::string& start, const std::string& end, absl::Time now) {
  Days days;
  if (!end.empty()) {
    ASSIGN_OR_RETURN(days.last, ParseDay("--end", end));
  }
  if (!start.empty()) {
    ASSIGN_OR_RETURN(days.first, ParseDay("--start", start));
    RETURN_IF_ERROR(CheckOrder(days, start, end, now));
  } else if (days.last.has_value()) {
    days.first = *days.last - (kDefaultDays - 1);
  }
  return days;
}

void SetInterval(const Days& days, v1::Interval& interval) {
  if (days.first) interval.set_start_date(absl::FormatCivilTime(*days.first));
  if (days.last) interval.set_end_date(absl::FormatCivilTime(*days.last + 1));
}

absl::StatusOr<v1::Engine> ParseEngine(const std::string& engine) {
  return ValueOfWord<v1::Engine>(
      "--engine", engine,
      {{"auto", v1::ENGINE_AUTO}, {"sql", v1::ENGINE_SQL}, {"history", v1::ENGINE_HISTORY}},
      v1::ENGINE_UNSPECIFIED);
}

absl::StatusOr<v1::Scope> ToScope(const ScopeArguments& arguments, absl::Time now) {
  v1::Scope scope;
  ASSIGN_OR_RETURN(const Days days, ParseDays(arguments.start, arguments.end, now));
  if (days.first) SetInterval(days, *scope.mutable_interval());
  scope.set_time_zone(arguments.time_zone);
  if (!arguments.as_of.empty()) {
    const auto as_of = ParseRfc3339(arguments.as_of);
    if (!as_of.ok()) return InOption("--as-of", as_of.status());
    *scope.mutable_as_of_time() = ToProto(*as_of);
  }
  ASSIGN_OR_RETURN(const auto week_start, ValueOfWord<v1::WeekStart>("--week-start", arguments.week_start,
                                                                     {{"monday", v1::WEEK_START_MONDAY},
                                                                      {"sunday", v1::WEEK_START_SUNDAY}},
                                                                     v1::WEEK_START_UNSPECIFIED));
  scope.set_week_start(week_start);
  ASSIGN_OR_RETURN(const auto preset, ValueOfWord<v1::Preset>("--preset", arguments.preset,
                                                              {{"mixpanel", v1::PRESET_MIXPANEL},
                                                               {"amplitude", v1::PRESET_AMPLITUDE},
                                                               {"posthog", v1::PRESET_POSTHOG}},
                                                              v1::PRESET_UNSPECIFIED));
  scope.set_preset(preset);
  ASSIGN_OR_RETURN(const v1::Engine engine, ParseEngine(arguments.engine));
  scope.set_engine(engine);
  RETURN_IF_ERROR(SetFilter(arguments, scope));
  return scope;
}

std::string InOptionNames(const std::string& message) {
  const size_t end = message.find(": ");
  absl::string_view path = absl::string_view(message).substr(0, end);
  if (!absl::ConsumePrefix(&path, "funnel.")) absl::ConsumePrefix(&path, "retention.");
  for (const auto& options : {ScopeOptions(), MetricOptions()}) {
    for (const auto& [field, option] : options) {
      if (end == std::string::npos || !IsField(path, field)) continue;
      const std::string rest = absl::StrCat(path.substr(field.size()), message.substr(end));
      return absl::StrCat(option, absl::StrReplaceAll(rest, ScopeOptions()));
    }
  }
  return absl::StrReplaceAll(message, ScopeOptions());
}

}  // namespace donut::cli
