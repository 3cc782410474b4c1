#include "tests/reference/random_history.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/proto_time.h"
#include "tests/reference/calendar.h"

namespace donut::testing {
namespace {

std::string Date(absl::CivilDay day) { return absl::FormatCivilTime(day); }

}  // namespace

RandomSetting PickSetting(Dice& dice) {
  struct Change {
    const char* zone;
    absl::CivilSecond local;
  };
  // Forward and back; half an hour; at midnight, which then does not exist or comes
  // twice; a day that was left out; no change at all.
  static const std::vector<Change>& changes = *new std::vector<Change>{
      {"Europe/Berlin", absl::CivilSecond(2024, 3, 31, 2)},
      {"Europe/Berlin", absl::CivilSecond(2024, 10, 27, 2)},
      {"America/New_York", absl::CivilSecond(2024, 3, 10, 2)},
      {"America/New_York", absl::CivilSecond(2023, 11, 5, 1)},
      {"Australia/Lord_Howe", absl::CivilSecond(2024, 4, 7, 2)},
      {"Australia/Lord_Howe", absl::CivilSecond(2023, 10, 1, 2)},
      {"America/Sao_Paulo", absl::CivilSecond(2018, 11, 4)},
      {"America/Sao_Paulo", absl::CivilSecond(2018, 2, 18)},
      {"Pacific/Apia", absl::CivilSecond(2011, 12, 30)},
      {"Asia/Kolkata", absl::CivilSecond(2024, 1, 1)},
      {"UTC", absl::CivilSecond(2024, 2, 29)},
      {"America/St_Johns", absl::CivilSecond(2006, 10, 29)},
  };
  const Change& change = dice.Pick(changes);
  return {change.zone, absl::FromCivil(change.local, ZoneNamed(change.zone))};
}

absl::Time PickTime(Dice& dice, const RandomSetting& setting) {
  const absl::TimeZone zone = ZoneNamed(setting.time_zone);
  const int64_t spread = dice.OneIn(3) ? 40 : 4;
  const absl::CivilDay day =
      absl::CivilDay(absl::ToCivilDay(setting.center, zone)) + dice.Between(-spread, spread);
  absl::Time time = absl::FromCivil(absl::CivilSecond(day), zone);
  if (!dice.OneIn(3)) time += absl::Hours(dice.Between(0, 24));
  if (dice.OneIn(4)) time += absl::Minutes(30);
  if (dice.OneIn(5)) time += absl::Microseconds(dice.Between(-1, 1));
  if (dice.OneIn(10)) time = setting.center + absl::Minutes(dice.Between(-12, 12) * 10);
  if (dice.OneIn(25)) time -= absl::Hours(24 * dice.Between(60, 900));  // long ago
  return time;
}

History MakeRandomHistory(Dice& dice, const RandomSetting& setting, const RandomHistoryOptions& options) {
  static const std::vector<std::string>& features =
      *new std::vector<std::string>{"\"export\"", "\"1\"", "1", "true", "null", "\"\"", "{\"x\": 1}"};
  History history;
  const int64_t users = dice.Between(1, options.most_users);
  const int64_t names = dice.Between(1, options.most_names);
  const int64_t count = dice.Between(0, options.most_events);
  std::vector<absl::Time> times;
  for (int64_t i = 1; i <= count; ++i) {
    HistoryEvent event;
    // Half of the events share their instant with an earlier one.
    event.time = !times.empty() && dice.OneIn(2) ? dice.Pick(times) : PickTime(dice, setting);
    times.push_back(event.time);
    event.user = absl::StrCat("user", dice.Between(1, users));
    event.name = std::string(1, static_cast<char>('a' + dice.Between(0, names - 1)));
    const int64_t session = dice.Between(0, options.most_sessions);
    if (session > 0) event.session = absl::StrCat("s", session);
    event.producer_no = static_cast<int>(dice.Between(1, 2));
    // Not in the order of times: late events.
    event.sequence = i * 7919 % 10007;
    if (dice.OneIn(2)) event.properties["feature"] = dice.Pick(features);
    history.events.push_back(event);
  }
  return history;
}

v1::Scope MakeRandomScope(Dice& dice, const RandomSetting& setting, int most_days) {
  const absl::TimeZone zone = ZoneNamed(setting.time_zone);
  const absl::CivilDay first =
      absl::CivilDay(absl::ToCivilDay(setting.center, zone)) + dice.Between(-most_days, 3);
  const absl::CivilDay last = first + dice.Between(1, most_days);
  v1::Scope scope;
  scope.set_time_zone(setting.time_zone);
  if (dice.OneIn(3)) {
    const absl::Time start = absl::FromCivil(first, zone) + absl::Minutes(dice.Between(0, 24 * 60));
    *scope.mutable_interval()->mutable_start_time() = donut::ToProto(start);
    *scope.mutable_interval()->mutable_end_time() =
        donut::ToProto(std::max(start + absl::Microseconds(1),
                                absl::FromCivil(last, zone) + absl::Minutes(dice.Between(0, 24 * 60))));
  } else {
    // A left-out day alone would be an empty interval.
    scope.mutable_interval()->set_start_date(Date(first));
    scope.mutable_interval()->set_end_date(Date(std::max(last, first + 2)));
  }
  absl::Time as_of = absl::FromCivil(last, zone) + absl::Hours(24 * 400);
  if (dice.OneIn(3)) as_of = PickTime(dice, setting);
  *scope.mutable_as_of_time() = donut::ToProto(as_of);
  if (dice.OneIn(2)) scope.set_week_start(v1::WEEK_START_SUNDAY);
  return scope;
}

std::vector<std::string> PickNames(Dice& dice, int most) {
  std::vector<std::string> names = {"a", "b", "c", "d", "never"};
  for (size_t i = names.size() - 1; i > 0; --i)
    std::swap(names[i], names[dice.Between(0, static_cast<int64_t>(i))]);
  names.resize(std::min<size_t>(names.size(), dice.Between(0, most)));
  return names;
}

}  // namespace donut::testing
