#include "query_service/metrics/active_users/previous_interval.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace donut::testing {
namespace {

using ::testing::ElementsAre;

constexpr char kFormat[] = "%Y-%m-%d %H:%M";

class PreviousIntervalTest : public ::testing::Test {
 protected:
  // Times of the wall clock in the zone. "start - end: labels".
  std::string Before(const std::string& zone, v1::Granularity granularity, const std::string& start,
                     const std::string& end) {
    query::QueryScope scope;
    EXPECT_TRUE(absl::LoadTimeZone(zone, &scope.zone));
    std::string error;
    EXPECT_TRUE(absl::ParseTime(kFormat, start, scope.zone, &scope.start, &error)) << error;
    EXPECT_TRUE(absl::ParseTime(kFormat, end, scope.zone, &scope.end, &error)) << error;
    const query::PreviousInterval before = query::IntervalBefore(scope, granularity);
    EXPECT_EQ(before.end, scope.start);
    std::string text = absl::FormatTime(kFormat, before.start, scope.zone) + ",";
    const query::Calendar calendar(scope.zone, granularity, scope.week_start);
    for (const query::CalendarBucket& bucket : before.buckets) text += " " + calendar.Label(bucket);
    return text;
  }
};

TEST_F(PreviousIntervalTest, WholeMonthsAreAsManyMonths) {
  EXPECT_EQ(Before("UTC", v1::GRANULARITY_MONTH, "2024-03-01 00:00", "2024-05-01 00:00"),
            "2024-01-01 00:00, 2024-01-01 2024-02-01");
  EXPECT_EQ(Before("UTC", v1::GRANULARITY_MONTH, "2024-01-01 00:00", "2024-02-01 00:00"),
            "2023-12-01 00:00, 2023-12-01");
}

TEST_F(PreviousIntervalTest, WholeWeeksAreAsManyWeeksOverAChangeOfTheClock) {
  EXPECT_EQ(Before("Europe/Berlin", v1::GRANULARITY_WEEK, "2024-04-01 00:00", "2024-04-08 00:00"),
            "2024-03-25 00:00, 2024-03-25");
}

TEST_F(PreviousIntervalTest, WholeDaysAreAsManyDaysWhereBucketsAreLonger) {
  // Ten days of which the month is cut.
  EXPECT_EQ(Before("Europe/Berlin", v1::GRANULARITY_MONTH, "2024-04-01 00:00", "2024-04-11 00:00"),
            "2024-03-22 00:00, 2024-03-01");
  EXPECT_EQ(Before("UTC", v1::GRANULARITY_WEEK, "2024-04-03 00:00", "2024-04-05 00:00"),
            "2024-04-01 00:00, 2024-04-01");
}

TEST_F(PreviousIntervalTest, WholeHoursAreAsManyHoursThoughOneRepeats) {
  // Berlin's 27 October 2024 has two hours from 2 to 3: three o'clock is four hours after midnight.
  EXPECT_EQ(Before("Europe/Berlin", v1::GRANULARITY_HOUR, "2024-10-27 03:00", "2024-10-27 06:00"),
            "2024-10-27 01:00, 2024-10-27T01:00+02:00 2024-10-27T02:00+02:00 2024-10-27T02:00+01:00");
  // Lord Howe's clock goes back by half an hour: there is an hour of half an hour.
  EXPECT_EQ(Before("Australia/Lord_Howe", v1::GRANULARITY_HOUR, "2024-04-07 03:00", "2024-04-07 05:00"),
            "2024-04-07 01:30, 2024-04-07T01:30+10:30 2024-04-07T02:00+10:30");
}

TEST_F(PreviousIntervalTest, AnythingElseIsAsLong) {
  EXPECT_EQ(Before("UTC", v1::GRANULARITY_DAY, "2024-03-02 06:00", "2024-03-03 00:00"),
            "2024-03-01 12:00, 2024-03-01 2024-03-02");
  // An hour less on the wall clock.
  EXPECT_EQ(Before("Europe/Berlin", v1::GRANULARITY_DAY, "2024-03-31 12:00", "2024-04-01 12:00"),
            "2024-03-30 11:00, 2024-03-30 2024-03-31");
}

TEST_F(PreviousIntervalTest, DayThatTheZoneLeftOutCountsAsADay) {
  EXPECT_EQ(Before("Pacific/Apia", v1::GRANULARITY_DAY, "2011-12-31 00:00", "2012-01-01 00:00"),
            "2011-12-31 00:00,");
  EXPECT_EQ(Before("Pacific/Apia", v1::GRANULARITY_DAY, "2011-12-31 00:00", "2012-01-02 00:00"),
            "2011-12-29 00:00, 2011-12-29");
}

}  // namespace
}  // namespace donut::testing
