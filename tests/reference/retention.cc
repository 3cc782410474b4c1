#include "tests/reference/retention.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>

#include "absl/time/civil_time.h"

namespace donut::testing {
namespace {

absl::TimeZone Zone(const std::string& name) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(name, &zone)) std::abort();  // tzdata is part of the test machine
  return zone;
}

// The first minute at which a wall clock in the zone shows `day` or a later one.
absl::Time FirstMinuteOf(absl::CivilDay day, const std::string& time_zone) {
  static std::map<std::pair<std::string, absl::CivilDay>, absl::Time>& known =
      *new std::map<std::pair<std::string, absl::CivilDay>, absl::Time>;
  const auto [place, is_new] = known.try_emplace({time_zone, day});
  if (!is_new) return place->second;
  const absl::TimeZone zone = Zone(time_zone);
  absl::Time minute = absl::FromCivil(absl::CivilSecond(day), absl::UTCTimeZone()) - absl::Hours(30);
  while (absl::ToCivilDay(minute, zone) < day) minute += absl::Minutes(1);
  place->second = minute;
  return minute;
}

bool StartsPeriod(absl::CivilDay day, const RetentionByDefinitionQuestion& question) {
  if (question.period == v1::GRANULARITY_MONTH) return day.day() == 1;
  if (question.period != v1::GRANULARITY_WEEK) return true;
  const bool sunday = question.week_start == v1::WEEK_START_SUNDAY;
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

// Where the periods start, from one that lies before the interval's start to one that lies after the
// last offset of the last cohort.
std::vector<absl::Time> PeriodStarts(const RetentionByDefinitionQuestion& question) {
  const absl::TimeZone zone = Zone(question.time_zone);
  const int64_t last_offset = question.offsets.back();
  const int64_t period_days = question.period == v1::GRANULARITY_MONTH  ? 31
                              : question.period == v1::GRANULARITY_WEEK ? 7
                                                                        : 1;
  const absl::CivilDay first = absl::ToCivilDay(question.start, zone) - 33;
  const absl::CivilDay last = absl::ToCivilDay(question.end, zone) + (last_offset + 3) * period_days;
  std::vector<absl::Time> starts;
  for (absl::CivilDay day = first; day <= last; ++day) {
    if (question.period == v1::GRANULARITY_HOUR) {
      if (day < first + 30) continue;
      AppendHours(FirstMinuteOf(day, question.time_zone), FirstMinuteOf(day + 1, question.time_zone), zone,
                  starts);
    } else if (StartsPeriod(day, question)) {
      starts.push_back(FirstMinuteOf(day, question.time_zone));
    }
  }
  return starts;
}

bool IsOneOf(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::vector<RetentionCohortByDefinition> RetentionByDefinition(
    const History& history, const RetentionByDefinitionQuestion& question) {
  const std::vector<absl::Time> starts = PeriodStarts(question);
  std::map<std::string, std::vector<HistoryEvent>> users;
  for (const HistoryEvent& event : history.events) {
    if (event.time <= question.as_of) users[event.user].push_back(event);
  }
  std::vector<RetentionCohortByDefinition> cohorts;
  for (size_t i = 0; i + 1 < starts.size(); ++i) {
    if (starts[i] >= question.end || starts[i + 1] <= question.start) continue;
    RetentionCohortByDefinition cohort = {
        starts[i], starts[i + 1], 0, std::vector<int64_t>(question.offsets.size()), {}};
    for (const int32_t offset : question.offsets) {
      cohort.complete.push_back(starts[i + offset + 1] <= question.as_of);
    }
    for (const auto& [user, events] : users) {
      std::optional<absl::Time> first_start;
      for (const HistoryEvent& event : events) {
        if (!IsOneOf(question.start_names, event.name)) continue;
        if (!first_start || event.time < *first_start) first_start = event.time;
      }
      if (!first_start || *first_start < cohort.start || *first_start >= cohort.end) continue;
      ++cohort.size;
      for (size_t k = 0; k < question.offsets.size(); ++k) {
        const size_t period = i + question.offsets[k];
        cohort.retained[k] += std::any_of(events.begin(), events.end(), [&](const HistoryEvent& event) {
          return IsOneOf(question.return_names, event.name) && event.time >= starts[period] &&
                 event.time < starts[period + 1];
        });
      }
    }
    cohorts.push_back(std::move(cohort));
  }
  return cohorts;
}

}  // namespace donut::testing
