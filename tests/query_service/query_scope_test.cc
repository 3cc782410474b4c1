#include "query_service/query_scope.h"

#include <string>

#include "common/proto_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace donut::query {
namespace {

using ::donut::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::Time At(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M:%E*S", text, &time, &error)) << text << ": " << error;
  return time;
}

QueryContext Context() { return {{1, "shop", "Europe/Berlin"}, At("2024-06-15 23:00:00")}; }

void Refused(const v1::Scope& scope, const std::string& field, const std::string& rule) {
  EXPECT_THAT(ResolveScope(scope, Context()),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr(field + ": "), HasSubstr(rule))))
      << scope.ShortDebugString();
}

v1::Scope Dates(const std::string& start, const std::string& end, const std::string& zone = "UTC") {
  v1::Scope scope;
  scope.mutable_interval()->set_start_date(start);
  scope.mutable_interval()->set_end_date(end);
  scope.set_time_zone(zone);
  return scope;
}

TEST(QueryScopeTest, DefaultIsThe30DaysThatEndWithTodayInTheProjectsZone) {
  ASSERT_OK_AND_ASSIGN(const QueryScope scope, ResolveScope({}, Context()));
  // In Berlin it is already 16 June, 01:00.
  EXPECT_EQ(scope.end, At("2024-06-16 22:00:00"));
  EXPECT_EQ(scope.start, At("2024-05-17 22:00:00"));
  EXPECT_EQ(scope.time_zone, "Europe/Berlin");
  EXPECT_EQ(scope.as_of, Context().now);
  EXPECT_EQ(scope.week_start, v1::WEEK_START_MONDAY);
}

TEST(QueryScopeTest, TodayIsTheDayOfAsOf) {
  v1::Scope request;
  *request.mutable_as_of_time() = donut::ToProto(At("2020-01-31 12:00:00"));
  ASSERT_OK_AND_ASSIGN(const QueryScope scope, ResolveScope(request, Context()));
  EXPECT_EQ(scope.end, At("2020-01-31 23:00:00"));
}

TEST(QueryScopeTest, ProjectWithoutZoneIsUtc) {
  QueryContext context = Context();
  context.project.time_zone = "";
  ASSERT_OK_AND_ASSIGN(const QueryScope scope, ResolveScope({}, context));
  EXPECT_EQ(scope.time_zone, "UTC");
}

TEST(QueryScopeTest, ProjectWithUnknownZoneIsNoFaultOfTheCaller) {
  QueryContext context = Context();
  context.project.time_zone = "Mars/Olympus";
  EXPECT_THAT(ResolveScope({}, context),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("Mars/Olympus")));
  ASSERT_OK(ResolveScope(Dates("2024-01-01", "2024-01-02"), context));
}

TEST(QueryScopeTest, StartAloneEndsWithTomorrow) {
  v1::Scope request;
  request.set_time_zone("UTC");
  request.mutable_interval()->set_start_date("2024-06-01");
  ASSERT_OK_AND_ASSIGN(const QueryScope scope, ResolveScope(request, Context()));
  EXPECT_EQ(scope.end, At("2024-06-16 00:00:00"));
  request.mutable_interval()->set_start_date("2024-06-16");
  Refused(request, "scope.interval", "must start before it ends");
}

TEST(QueryScopeTest, EndAloneIsRefused) {
  v1::Scope request;
  request.mutable_interval()->set_end_date("2024-06-01");
  Refused(request, "scope.interval", "must have a start");
}

TEST(QueryScopeTest, DateIsTheMidnightOfTheZone) {
  ASSERT_OK_AND_ASSIGN(const QueryScope scope,
                       ResolveScope(Dates("2024-03-31", "2024-04-01", "Europe/Berlin"), Context()));
  EXPECT_EQ(scope.start, At("2024-03-30 23:00:00"));
  EXPECT_EQ(scope.end, At("2024-03-31 22:00:00"));
}

TEST(QueryScopeTest, DayWithoutMidnightBeginsAfterTheGap) {
  ASSERT_OK_AND_ASSIGN(const QueryScope scope,
                       ResolveScope(Dates("2018-11-04", "2018-11-05", "America/Sao_Paulo"), Context()));
  EXPECT_EQ(scope.start, At("2018-11-04 03:00:00"));
  EXPECT_EQ(scope.end, At("2018-11-05 02:00:00"));
}

TEST(QueryScopeTest, TimesBetweenMicrosecondsAreRoundedSoThatTheSameEventsLieWithin) {
  v1::Scope request;
  request.mutable_interval()->mutable_start_time()->set_seconds(1'700'000'000);
  request.mutable_interval()->mutable_start_time()->set_nanos(1);
  request.mutable_interval()->mutable_end_time()->set_seconds(1'700'000'001);
  request.mutable_as_of_time()->set_seconds(1'700'000'000);
  request.mutable_as_of_time()->set_nanos(1999);
  ASSERT_OK_AND_ASSIGN(const QueryScope scope, ResolveScope(request, Context()));
  EXPECT_EQ(absl::ToUnixMicros(scope.start), 1'700'000'000'000'001);
  EXPECT_EQ(absl::ToUnixMicros(scope.as_of), 1'700'000'000'000'001);
  EXPECT_EQ(scope.start, absl::FromUnixMicros(1'700'000'000'000'001));
}

TEST(QueryScopeTest, RefusesWhatIsNoDate) {
  for (const char* text : {"2024-1-31", "20240131", "2024-01-31T00:00", "2024-01-31 ", " 2024-01-31",
                           "2024/01/31", "yesterday", "2024-O1-31", "-024-01-31", ""}) {
    Refused(Dates(text, "2024-06-01"), "scope.interval.start_date", "YYYY-MM-DD");
  }
  for (const char* text : {"2023-02-29", "2024-02-30", "2024-13-01", "2024-00-10", "2024-01-00"}) {
    Refused(Dates("2022-01-01", text), "scope.interval.end_date", "no such day");
  }
}

TEST(QueryScopeTest, RefusesYearsOutside1971To2200) {
  Refused(Dates("1970-12-31", "2024-01-01"), "scope.interval.start_date", "years 1971 to 2200");
  Refused(Dates("2024-01-01", "2201-01-02"), "scope.interval.end_date", "years 1971 to 2200");
  ASSERT_OK(ResolveScope(Dates("1971-01-01", "2201-01-01", "Asia/Tokyo"), Context()));
  v1::Scope request;
  request.mutable_interval()->mutable_start_time()->set_seconds(0);
  Refused(request, "scope.interval.start_time", "years 1971 to 2200");
  request.Clear();
  request.mutable_as_of_time()->set_seconds(0);
  Refused(request, "scope.as_of_time", "years 1971 to 2200");
}

TEST(QueryScopeTest, RefusesTimestampsThatProtobufDoesNotAllow) {
  v1::Scope request;
  request.mutable_interval()->mutable_start_time()->set_seconds(1'700'000'000);
  request.mutable_interval()->mutable_start_time()->set_nanos(-1);
  EXPECT_THAT(ResolveScope(request, Context()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("scope.interval.start_time")));
}

TEST(QueryScopeTest, RefusesAnEmptyInterval) {
  Refused(Dates("2024-01-02", "2024-01-02"), "scope.interval", "must start before it ends");
  Refused(Dates("2024-01-02", "2024-01-01"), "scope.interval", "must start before it ends");
}

TEST(QueryScopeTest, RefusesWhatIsNoIanaName) {
  for (const char* name : {"+02:00", "CEST", "PST", "UTC+2", "PST8", "Fixed/UTC+02:00:00", "localtime",
                           "/etc/localtime", "../../etc/passwd", "right/UTC", "posix/UTC", "europe/berlin ",
                           "Europe/Berlin'", "file:UTC", "Mars/Olympus", "Etc/../UTC"}) {
    v1::Scope request;
    request.set_time_zone(name);
    Refused(request, "scope.time_zone", "IANA");
  }
  v1::Scope request;
  request.set_time_zone(std::string(65, 'A'));
  Refused(request, "scope.time_zone", "IANA");
  for (const char* name : {"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+3"}) {
    request.set_time_zone(name);
    EXPECT_OK(ResolveScope(request, Context())) << name;
  }
}

TEST(QueryScopeTest, RefusesAnUnknownWeekStart) {
  v1::Scope request;
  request.set_week_start(static_cast<v1::WeekStart>(9));
  Refused(request, "scope.week_start", "WEEK_START_MONDAY");
}

TEST(QueryScopeTest, PresetGivesTheWeekStartThatIsNotSet) {
  v1::Scope request;
  request.set_preset(v1::PRESET_POSTHOG);
  ASSERT_OK_AND_ASSIGN(const QueryScope posthog, ResolveScope(request, Context()));
  EXPECT_EQ(posthog.week_start, v1::WEEK_START_SUNDAY);
  EXPECT_EQ(ToProto(posthog).week_start(), v1::WEEK_START_SUNDAY);
  EXPECT_EQ(ToProto(posthog).preset(), v1::PRESET_POSTHOG);
  request.set_preset(v1::PRESET_MIXPANEL);
  ASSERT_OK_AND_ASSIGN(const QueryScope mixpanel, ResolveScope(request, Context()));
  EXPECT_EQ(mixpanel.week_start, v1::WEEK_START_MONDAY);
}

TEST(QueryScopeTest, WeekStartThatIsSetWinsOverThePreset) {
  v1::Scope request;
  request.set_preset(v1::PRESET_POSTHOG);
  request.set_week_start(v1::WEEK_START_MONDAY);
  ASSERT_OK_AND_ASSIGN(const QueryScope posthog, ResolveScope(request, Context()));
  EXPECT_EQ(posthog.week_start, v1::WEEK_START_MONDAY);
  EXPECT_EQ(ToProto(posthog).preset(), v1::PRESET_POSTHOG);
  request.set_preset(v1::PRESET_AMPLITUDE);
  request.set_week_start(v1::WEEK_START_SUNDAY);
  ASSERT_OK_AND_ASSIGN(const QueryScope amplitude,
                       ResolveScopeOrDay(request, "2024-01-01", "date", Context()));
  EXPECT_EQ(amplitude.week_start, v1::WEEK_START_SUNDAY);
}

TEST(QueryScopeTest, PresetLeavesIntervalAndTimeZoneAlone) {
  ASSERT_OK_AND_ASSIGN(const QueryScope ours, ResolveScope({}, Context()));
  for (const v1::Preset preset : {v1::PRESET_MIXPANEL, v1::PRESET_AMPLITUDE, v1::PRESET_POSTHOG}) {
    v1::Scope request;
    request.set_preset(preset);
    ASSERT_OK_AND_ASSIGN(const QueryScope theirs, ResolveScope(request, Context()));
    EXPECT_EQ(theirs.start, ours.start);
    EXPECT_EQ(theirs.end, ours.end);
    EXPECT_EQ(theirs.time_zone, ours.time_zone);
  }
}

TEST(QueryScopeTest, RefusesAnUnknownPreset) {
  v1::Scope request;
  request.set_preset(static_cast<v1::Preset>(9));
  Refused(request, "scope.preset", "PRESET_MIXPANEL");
}

TEST(QueryScopeTest, DayFieldStandsForItsDayAndExcludesTheInterval) {
  v1::Scope request;
  request.set_time_zone("Pacific/Apia");
  ASSERT_OK_AND_ASSIGN(const QueryScope scope, ResolveScopeOrDay(request, "2011-12-29", "date", Context()));
  EXPECT_EQ(scope.end - scope.start, absl::Hours(24));
  EXPECT_THAT(
      ResolveScopeOrDay(request, "2011-12-30", "date", Context()),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("date: must be a day that the time zone has")));
  EXPECT_THAT(ResolveScopeOrDay(Dates("2024-01-01", "2024-01-02"), "2024-01-01", "cohort_date", Context()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("cohort_date: must be empty")));
}

TEST(QueryScopeTest, BucketIsCompleteWhenEndedByAsOfAndWhole) {
  v1::Scope request = Dates("2024-01-01", "2024-01-03");
  *request.mutable_as_of_time() = donut::ToProto(At("2024-01-02 00:00:00"));
  ASSERT_OK_AND_ASSIGN(const QueryScope scope, ResolveScope(request, Context()));
  ASSERT_OK_AND_ASSIGN(const auto days, IntervalBuckets(scope, v1::GRANULARITY_DAY, 5));
  EXPECT_TRUE(ToProto(days[0], v1::GRANULARITY_DAY, scope).complete());
  EXPECT_FALSE(ToProto(days[1], v1::GRANULARITY_DAY, scope).complete());
  ASSERT_OK_AND_ASSIGN(const auto weeks, IntervalBuckets(scope, v1::GRANULARITY_WEEK, 5));
  EXPECT_FALSE(ToProto(weeks[0], v1::GRANULARITY_WEEK, scope).complete());
}

TEST(QueryScopeTest, EventNamesAreCheckedOneByOne) {
  google::protobuf::RepeatedPtrField<std::string> names;
  names.Add("b");
  names.Add(std::string(200, 'x'));
  ASSERT_OK_AND_ASSIGN(const auto resolved, ResolveEventNames(names, "event_names"));
  EXPECT_THAT(resolved, ElementsAre("b", std::string(200, 'x')));
  const auto refused = [&](const std::string& name, const std::string& message) {
    auto more = names;
    more.Add(std::string(name));
    EXPECT_THAT(
        ResolveEventNames(more, "steps[0].event_names"),
        StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("steps[0].event_names[2]: " + message)));
  };
  refused("", "must not be empty");
  refused("b", "must differ");
  refused(std::string(201, 'x'), "must have at most 200 bytes");
  refused(std::string("a\0b", 3), "must not hold the character NUL");
  EXPECT_THAT(
      ResolveEventNames(names, "event_names", 1),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("event_names: must have at most 1 names")));
}

}  // namespace
}  // namespace donut::query
