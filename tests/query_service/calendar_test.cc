#include "query_service/calendar.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/calendar.h"
#include "tests/reference/random_history.h"

namespace donut::query {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

absl::TimeZone Zone(const std::string& name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

std::vector<std::string> Labels(const std::string& zone, v1::Granularity granularity, absl::CivilSecond from,
                                absl::CivilSecond to, v1::WeekStart week_start = v1::WEEK_START_MONDAY) {
  const Calendar calendar(Zone(zone), granularity, week_start);
  std::vector<std::string> labels;
  for (const CalendarBucket& bucket :
       calendar.Buckets(absl::FromCivil(from, Zone(zone)), absl::FromCivil(to, Zone(zone)), 1000)) {
    labels.push_back(calendar.Label(bucket));
  }
  return labels;
}

TEST(CalendarTest, WeeksBeginOnTheChosenDay) {
  EXPECT_THAT(Labels("UTC", v1::GRANULARITY_WEEK, absl::CivilDay(2024, 3, 10), absl::CivilDay(2024, 3, 12)),
              ElementsAre("2024-03-04", "2024-03-11"));
  EXPECT_THAT(Labels("UTC", v1::GRANULARITY_WEEK, absl::CivilDay(2024, 3, 10), absl::CivilDay(2024, 3, 12),
                     v1::WEEK_START_SUNDAY),
              ElementsAre("2024-03-10"));
}

TEST(CalendarTest, MonthsHaveTheirOwnLengths) {
  EXPECT_THAT(Labels("UTC", v1::GRANULARITY_MONTH, absl::CivilDay(2024, 1, 31), absl::CivilDay(2024, 3, 1)),
              ElementsAre("2024-01-01", "2024-02-01"));
}

TEST(CalendarTest, SkippedHourOfSpringIsNoBucket) {
  EXPECT_THAT(Labels("America/New_York", v1::GRANULARITY_HOUR, absl::CivilHour(2024, 3, 10, 1),
                     absl::CivilHour(2024, 3, 10, 4)),
              ElementsAre("2024-03-10T01:00-05:00", "2024-03-10T03:00-04:00"));
}

TEST(CalendarTest, HalfHourRepeatedOnLordHoweIsABucketOfHalfAnHour) {
  EXPECT_THAT(Labels("Australia/Lord_Howe", v1::GRANULARITY_HOUR, absl::CivilHour(2024, 4, 7, 1),
                     absl::CivilHour(2024, 4, 7, 3)),
              ElementsAre("2024-04-07T01:00+11:00", "2024-04-07T01:30+10:30", "2024-04-07T02:00+10:30"));
}

TEST(CalendarTest, LeftOutDayIsABucketOfNoLength) {
  const Calendar calendar(Zone("Pacific/Apia"), v1::GRANULARITY_DAY, v1::WEEK_START_MONDAY);
  const auto days =
      calendar.BucketsFrom(absl::FromCivil(absl::CivilDay(2011, 12, 29), Zone("Pacific/Apia")), 3);
  ASSERT_THAT(days, SizeIs(3));
  EXPECT_EQ(calendar.Label(days[1]), "2011-12-30");
  EXPECT_EQ(days[1].start, days[1].end);
  EXPECT_EQ(days[0].end, days[2].start);
}

TEST(CalendarTest, AgreesWithAWallClockEverywhere) {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    donut::testing::Dice dice(seed);
    const donut::testing::RandomSetting setting = donut::testing::PickSetting(dice);
    const auto granularity = static_cast<v1::Granularity>(dice.Between(1, 4));
    const auto week_start = static_cast<v1::WeekStart>(dice.Between(1, 2));
    const absl::Time from = donut::testing::PickTime(dice, setting);
    const absl::Time to = from + absl::Hours(granularity == v1::GRANULARITY_HOUR ? 30 : 24 * 40);
    const auto buckets = Calendar(Zone(setting.time_zone), granularity, week_start).Buckets(from, to, 10'000);
    std::vector<donut::testing::PeriodByDefinition> wanted =
        donut::testing::PeriodsByDefinition(setting.time_zone, granularity, week_start, from, to);
    ASSERT_EQ(buckets.size(), wanted.size()) << "seed " << seed << " " << setting.time_zone;
    for (size_t i = 0; i < buckets.size(); ++i) {
      ASSERT_EQ(buckets[i].start, wanted[i].start) << "seed " << seed << " " << setting.time_zone;
      ASSERT_EQ(buckets[i].end, wanted[i].end) << "seed " << seed << " " << setting.time_zone;
    }
  }
}

}  // namespace
}  // namespace donut::query
