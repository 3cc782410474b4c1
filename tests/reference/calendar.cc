#include "tests/reference/calendar.h"

#include <cstdlib>
#include <map>
#include <utility>

#include "absl/time/civil_time.h"

namespace donut::testing {
namespace {

// The first minute at which a wall clock in the zone shows `day` or a later one.
absl::Time FirstMinuteOf(absl::CivilDay day, const std::string& time_zone) {
  static std::map<std::pair<std::string, absl::CivilDay>, absl::Time>& known =
      *new std::map<std::pair<std::string, absl::CivilDay>, absl::Time>;
  const auto [place, is_new] = known.try_emplace({time_zone, day});
  if (!is_new) return place->second;
  const absl::TimeZone zone = ZoneNamed(time_zone);
  absl::Time minute = absl::FromCivil(absl::CivilSecond(day), absl::UTCTimeZone()) - absl::Hours(30);
  while (absl::ToCivilDay(minute, zone) < day) minute += absl::Minutes(1);
  place->second = minute;
  return minute;
}

bool StartsPeriod(absl::CivilDay day, v1::Granularity granularity, v1::WeekStart week_start) {
  if (granularity == v1::GRANULARITY_MONTH) return day.day() == 1;
  if (granularity != v1::GRANULARITY_WEEK) return true;
  const bool sunday = week_start == v1::WEEK_START_SUNDAY;
  return absl::GetWeekday(day) == (sunday ? absl::Weekday::sunday : absl::Weekday::monday);
}

// Within [from, to): each minute at which the clock shows a new hour or has jumped.
void AppendHours(absl::Time from, absl::Time to, const absl::TimeZone& zone,
                 std::vector<absl::Time>& starts) {
  for (absl::Time minute = from; minute < to; minute += absl::Minutes(1)) {
    const absl::CivilMinute now = absl::ToCivilMinute(minute, zone);
    const absl::CivilMinute before = absl::ToCivilMinute(minute - absl::Minutes(1), zone);
    if (minute == from || now != before + 1 || absl::CivilHour(now) != absl::CivilHour(before)) {
      starts.push_back(minute);
    }
  }
}

}  // namespace

absl::TimeZone ZoneNamed(const std::string& name) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(name, &zone)) std::abort();  // tzdata is part of the test machine
  return zone;
}

std::vector<PeriodByDefinition> PeriodsByDefinition(const std::string& time_zone, v1::Granularity granularity,
                                                    v1::WeekStart week_start, absl::Time from,
                                                    absl::Time to) {
  const absl::TimeZone zone = ZoneNamed(time_zone);
  const bool hours = granularity == v1::GRANULARITY_HOUR;
  std::vector<absl::Time> starts;
  const absl::CivilDay last = absl::ToCivilDay(to, zone) + (hours ? 2 : 33);
  for (absl::CivilDay day = absl::ToCivilDay(from, zone) - (hours ? 2 : 33); day <= last; ++day) {
    if (hours) {
      AppendHours(FirstMinuteOf(day, time_zone), FirstMinuteOf(day + 1, time_zone), zone, starts);
    } else if (StartsPeriod(day, granularity, week_start)) {
      starts.push_back(FirstMinuteOf(day, time_zone));
    }
  }
  std::vector<PeriodByDefinition> periods;
  for (size_t i = 0; i + 1 < starts.size(); ++i) {
    if (starts[i] < to && starts[i + 1] > from) periods.push_back({starts[i], starts[i + 1]});
  }
  return periods;
}

PeriodByDefinition DayByDefinition(const std::string& time_zone, absl::Time time, int64_t days_after) {
  absl::CivilDay day = absl::ToCivilDay(time, ZoneNamed(time_zone));
  while (FirstMinuteOf(day + 1, time_zone) <= time) ++day;
  day += days_after;
  return {FirstMinuteOf(day, time_zone), FirstMinuteOf(day + 1, time_zone)};
}

}  // namespace donut::testing
