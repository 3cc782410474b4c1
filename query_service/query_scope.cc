#include "query_service/query_scope.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/limits.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/preset.h"

namespace donut::query {
namespace {

constexpr char kIntervalField[] = "scope.interval";

// Later or equal, in whole microseconds: events have no finer times, so
// `event_time >= t` and `event_time < t` mean the same with both.
absl::Time CeilToMicros(absl::Time time) {
  const absl::Time floor = absl::FromUnixMicros(absl::ToUnixMicros(time));
  return floor == time ? floor : floor + absl::Microseconds(1);
}

std::string YearRule() { return absl::StrCat("must lie in the years ", kMinYear, " to ", kMaxYear); }

absl::Status CheckYears(absl::Time time, const std::string& field) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  if (time < DayStart(absl::CivilDay(kMinYear), utc) || time > DayStart(absl::CivilDay(kMaxYear + 1), utc)) {
    return InvalidField(field, YearRule());
  }
  return absl::OkStatus();
}

// Exactly YYYY-MM-DD, a day that exists.
absl::StatusOr<absl::CivilDay> ParseDate(const std::string& text, const std::string& field) {
  bool shape = text.size() == 10;
  for (size_t i = 0; shape && i < text.size(); ++i) {
    shape = (i == 4 || i == 7) ? text[i] == '-' : absl::ascii_isdigit(text[i]);
  }
  if (!shape) return InvalidField(field, "must be a date as YYYY-MM-DD, such as 2024-01-31");
  const int year = std::stoi(text.substr(0, 4));
  const int month = std::stoi(text.substr(5, 2));
  const int day_of_month = std::stoi(text.substr(8, 2));
  // CivilDay takes February 30 for March 1 or 2.
  const absl::CivilDay day(year, month, day_of_month);
  if (day.year() != year || day.month() != month || day.day() != day_of_month) {
    return InvalidField(field, "must be a day of the calendar: there is no such day in that month");
  }
  // The end of the last day is the first day after the last year.
  if (day < absl::CivilDay(kMinYear) || day > absl::CivilDay(kMaxYear + 1)) {
    return InvalidField(field, YearRule());
  }
  return day;
}

// Names of the IANA database only. LoadTimeZone would also open any file named by a
// path, the variants with leap seconds, and fixed offsets of abseil's own.
bool IsZoneName(const std::string& name) {
  if (name.empty() || name.size() > kMaxTimeZoneBytes || !absl::ascii_isalpha(name[0])) return false;
  for (const char c : name) {
    if (!absl::ascii_isalnum(c) && !absl::StrContains("_+-/", std::string(1, c))) return false;
  }
  static const std::set<std::string>& not_zones =
      *new std::set<std::string>{"localtime", "posixrules", "Factory"};
  return not_zones.count(name) == 0 && !absl::StartsWith(name, "posix/") &&
         !absl::StartsWith(name, "right/") && !absl::StartsWith(name, "Fixed/");
}

absl::StatusOr<absl::TimeZone> ResolveZone(const std::string& asked, const postgres::Project& project,
                                           std::string& name) {
  name = !asked.empty() ? asked : !project.time_zone.empty() ? project.time_zone : "UTC";
  absl::TimeZone zone;
  if (IsZoneName(name) && absl::LoadTimeZone(name, &zone)) return zone;
  if (asked.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the project's time zone, ", name,
                     ", is not known on the server: install tzdata, correct it "
                     "in `projects`, or name scope.time_zone in the request"));
  }
  return InvalidField("scope.time_zone",
                      "must be a name of the IANA database, such as Europe/Berlin or UTC "
                      "(upper and lower case as there; +02:00 and CEST are none)");
}

// One side of the interval: nothing when it is not given.
absl::StatusOr<std::optional<absl::Time>> ResolveSide(bool has_time,
                                                      const google::protobuf::Timestamp& timestamp,
                                                      bool has_date, const std::string& date,
                                                      const absl::TimeZone& zone, const std::string& field) {
  if (has_time) {
    ASSIGN_OR_RETURN(const absl::Time time, FromProto(timestamp, field + "_time"));
    RETURN_IF_ERROR(CheckYears(time, field + "_time"));
    return std::optional(CeilToMicros(time));
  }
  if (has_date) {
    ASSIGN_OR_RETURN(const absl::CivilDay day, ParseDate(date, field + "_date"));
    return std::optional(DayStart(day, zone));
  }
  return std::optional<absl::Time>();
}

absl::Status ResolveInterval(const v1::Interval& interval, QueryScope& scope) {
  ASSIGN_OR_RETURN(const std::optional<absl::Time> start,
                   ResolveSide(interval.has_start_time(), interval.start_time(), interval.has_start_date(),
                               interval.start_date(), scope.zone, absl::StrCat(kIntervalField, ".start")));
  ASSIGN_OR_RETURN(const std::optional<absl::Time> end,
                   ResolveSide(interval.has_end_time(), interval.end_time(), interval.has_end_date(),
                               interval.end_date(), scope.zone, absl::StrCat(kIntervalField, ".end")));
  if (end && !start) {
    return InvalidField(kIntervalField, "must have a start when it has an end: set start_date or start_time");
  }
  const absl::CivilDay today = absl::ToCivilDay(scope.as_of, scope.zone);
  scope.end = end ? *end : DayStart(today + 1, scope.zone);
  scope.start = start ? *start : DayStart(today + 1 - kDefaultIntervalDays, scope.zone);
  if (scope.start < scope.end) return absl::OkStatus();
  return InvalidField(kIntervalField,
                      end ? "must start before it ends; an end date is exclusive"
                          : "must start before it ends, which by default is the end of as_of's day");
}

// Everything but the interval.
absl::StatusOr<QueryScope> ResolveView(const v1::Scope& scope, const QueryContext& context) {
  QueryScope resolved;
  resolved.project_id = context.project.project_id;
  resolved.project = context.project.name;
  ASSIGN_OR_RETURN(resolved.zone, ResolveZone(scope.time_zone(), context.project, resolved.time_zone));
  resolved.as_of = context.now;
  if (scope.has_as_of_time()) {
    ASSIGN_OR_RETURN(resolved.as_of, FromProto(scope.as_of_time(), "scope.as_of_time"));
    RETURN_IF_ERROR(CheckYears(resolved.as_of, "scope.as_of_time"));
  }
  resolved.as_of = absl::FromUnixMicros(absl::ToUnixMicros(resolved.as_of));
  ASSIGN_OR_RETURN(resolved.preset, ResolvePreset(scope.preset(), "scope.preset"));
  switch (scope.week_start()) {
    case v1::WEEK_START_UNSPECIFIED:
      resolved.week_start = DefaultsOf(resolved.preset).week_start;
      break;
    case v1::WEEK_START_MONDAY:
      resolved.week_start = v1::WEEK_START_MONDAY;
      break;
    case v1::WEEK_START_SUNDAY:
      resolved.week_start = v1::WEEK_START_SUNDAY;
      break;
    default:
      return InvalidField("scope.week_start", "must be WEEK_START_MONDAY or WEEK_START_SUNDAY");
  }
  if (!v1::Engine_IsValid(scope.engine())) {
    return InvalidField("scope.engine", "must be ENGINE_AUTO, ENGINE_SQL or ENGINE_HISTORY");
  }
  if (scope.engine() != v1::ENGINE_UNSPECIFIED) resolved.engine = scope.engine();
  ASSIGN_OR_RETURN(resolved.filter, ResolveFilterOf(scope, "scope.filter"));
  resolved.filter.users = context.users;
  return resolved;
}

}  // namespace

absl::StatusOr<QueryScope> ResolveScope(const v1::Scope& scope, const QueryContext& context) {
  ASSIGN_OR_RETURN(QueryScope resolved, ResolveView(scope, context));
  RETURN_IF_ERROR(ResolveInterval(scope.interval(), resolved));
  return resolved;
}

absl::StatusOr<QueryScope> ResolveScopeOrDay(const v1::Scope& scope, const std::string& day,
                                             const std::string& day_field, const QueryContext& context) {
  if (day.empty()) return ResolveScope(scope, context);
  if (scope.has_interval()) {
    return InvalidField(day_field, "must be empty when scope.interval is set: both say which days");
  }
  ASSIGN_OR_RETURN(QueryScope resolved, ResolveView(scope, context));
  ASSIGN_OR_RETURN(const absl::CivilDay civil_day, ParseDate(day, day_field));
  resolved.start = DayStart(civil_day, resolved.zone);
  resolved.end = DayStart(civil_day + 1, resolved.zone);
  if (resolved.start == resolved.end) return InvalidField(day_field, "must be a day that the time zone has");
  return resolved;
}

v1::ResolvedScope ToProto(const QueryScope& scope) {
  v1::ResolvedScope proto;
  *proto.mutable_start_time() = donut::ToProto(scope.start);
  *proto.mutable_end_time() = donut::ToProto(scope.end);
  proto.set_time_zone(scope.time_zone);
  *proto.mutable_as_of_time() = donut::ToProto(scope.as_of);
  proto.set_week_start(scope.week_start);
  proto.set_project(scope.project);
  proto.set_preset(scope.preset);
  if (!scope.filter.empty()) *proto.mutable_filter() = scope.filter.proto;
  proto.set_engine(scope.answered_by);
  proto.set_engine_reason(scope.engine_reason);
  proto.set_unpacked_event_count(scope.unpacked_event_count);
  return proto;
}

absl::StatusOr<v1::Granularity> ResolveGranularity(v1::Granularity granularity, const std::string& field) {
  if (granularity == v1::GRANULARITY_UNSPECIFIED) return v1::GRANULARITY_DAY;
  if (v1::Granularity_IsValid(granularity)) return granularity;
  return InvalidField(field, "must be GRANULARITY_HOUR, _DAY, _WEEK or _MONTH");
}

absl::StatusOr<v1::Actor> ResolveActor(v1::Actor actor, const std::string& field) {
  if (actor == v1::ACTOR_UNSPECIFIED) return v1::ACTOR_USER;
  if (v1::Actor_IsValid(actor)) return actor;
  return InvalidField(field, "must be ACTOR_USER or ACTOR_SESSION");
}

absl::StatusOr<std::vector<CalendarBucket>> IntervalBuckets(const QueryScope& scope,
                                                            v1::Granularity granularity, size_t most) {
  std::vector<CalendarBucket> buckets =
      Calendar(scope.zone, granularity, scope.week_start).Buckets(scope.start, scope.end, most + 1);
  if (buckets.size() <= most) return buckets;
  return InvalidField(kIntervalField, absl::StrCat("must have at most ", most, " buckets of ",
                                                   v1::Granularity_Name(granularity),
                                                   ": shorten it, or choose longer buckets"));
}

v1::Bucket ToProto(const CalendarBucket& bucket, v1::Granularity granularity, const QueryScope& scope) {
  v1::Bucket proto;
  *proto.mutable_start_time() = donut::ToProto(bucket.start);
  *proto.mutable_end_time() = donut::ToProto(bucket.end);
  proto.set_label(Calendar(scope.zone, granularity, scope.week_start).Label(bucket));
  proto.set_complete(bucket.end <= scope.as_of && bucket.start >= scope.start && bucket.end <= scope.end);
  return proto;
}

absl::Status CheckText(const std::string& text, size_t max_bytes, const std::string& field) {
  if (text.size() > max_bytes)
    return InvalidField(field, absl::StrCat("must have at most ", max_bytes, " bytes"));
  if (text.find('\0') != std::string::npos) return InvalidField(field, "must not hold the character NUL");
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ResolveEventNames(
    const google::protobuf::RepeatedPtrField<std::string>& names, const std::string& field, int most) {
  if (names.size() > most) return InvalidField(field, absl::StrCat("must have at most ", most, " names"));
  std::vector<std::string> resolved;
  std::set<std::string> seen;
  for (int i = 0; i < names.size(); ++i) {
    const std::string place = absl::StrCat(field, "[", i, "]");
    if (names[i].empty()) return InvalidField(place, "must not be empty");
    RETURN_IF_ERROR(CheckText(names[i], limits::kMaxEventNameBytes, place));
    if (!seen.insert(names[i]).second) return InvalidField(place, "must differ from the names before it");
    resolved.push_back(names[i]);
  }
  return resolved;
}

}  // namespace donut::query
