#include "tests/reference/active_users.h"

#include <algorithm>
#include <map>
#include <utility>

#include "tests/reference/calendar.h"

namespace donut::testing {
namespace {

using Times = std::vector<absl::Time>;

bool AnyWithin(const Times& times, absl::Time start, absl::Time end) {
  return std::any_of(times.begin(), times.end(),
                     [&](absl::Time time) { return time >= start && time < end; });
}

// Each actor's times of passing events that were seen.
std::vector<Times> ActorTimes(const History& history, const ActiveUsersQuestion& question) {
  std::map<std::pair<std::string, std::string>, Times> actors;
  for (const HistoryEvent& event : history.events) {
    const bool passes = question.names.empty() || std::find(question.names.begin(), question.names.end(),
                                                            event.name) != question.names.end();
    if (!passes || event.time > question.as_of || (question.by_session && event.session.empty())) continue;
    actors[{event.user, question.by_session ? event.session : ""}].push_back(event.time);
  }
  std::vector<Times> all;
  for (auto& [actor, times] : actors) all.push_back(std::move(times));
  return all;
}

}  // namespace

ActiveUsersByDefinitionResult ActiveUsersByDefinition(const History& history,
                                                      const ActiveUsersQuestion& question) {
  const std::vector<Times> actors = ActorTimes(history, question);
  ActiveUsersByDefinitionResult result;
  for (const Times& times : actors) result.active += AnyWithin(times, question.start, question.end);
  for (const PeriodByDefinition& whole : PeriodsByDefinition(
           question.time_zone, question.granularity, question.week_start, question.start, question.end)) {
    ActiveUsersPeriod period{whole.start, whole.end};
    period.complete =
        whole.end <= question.as_of && whole.start >= question.start && whole.end <= question.end;
    const absl::Time start = std::max(whole.start, question.start);
    const absl::Time end = std::min(whole.end, question.end);
    const absl::Time week = DayByDefinition(question.time_zone, whole.start, -6).start;
    const absl::Time month = DayByDefinition(question.time_zone, whole.start, -29).start;
    for (const Times& times : actors) {
      const bool active = AnyWithin(times, start, end);
      period.active += active;
      period.fresh += active && !AnyWithin(times, absl::InfinitePast(), start);
      period.trailing_7 += AnyWithin(times, week, end);
      period.trailing_30 += AnyWithin(times, month, end);
    }
    result.periods.push_back(period);
  }
  return result;
}

}  // namespace donut::testing
