#include "tests/reference/active_users.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "absl/time/civil_time.h"
#include "tests/reference/breakdown.h"
#include "tests/reference/calendar.h"

namespace donut::testing {
namespace {

struct SeenEvent {
  absl::Time time;
  // Of the breakdown.
  std::optional<std::string> value;
};
// An actor: its passing events that were seen.
using Actor = std::vector<SeenEvent>;
using BelongsToRow = std::function<bool(const SeenEvent&)>;

bool AnyWithin(const Actor& actor, absl::Time start, absl::Time end, const BelongsToRow& belongs) {
  return std::any_of(actor.begin(), actor.end(), [&](const SeenEvent& event) {
    return event.time >= start && event.time < end && belongs(event);
  });
}

bool Any(const SeenEvent& /*event*/) { return true; }

std::vector<Actor> Actors(const History& history, const ActiveUsersQuestion& question) {
  std::map<std::pair<std::string, std::string>, Actor> actors;
  for (const HistoryEvent& event : history.events) {
    const bool passes = question.names.empty() || std::find(question.names.begin(), question.names.end(),
                                                            event.name) != question.names.end();
    if (!passes || event.time > question.as_of || (question.by_session && event.session.empty())) continue;
    SeenEvent seen{event.time, std::nullopt};
    if (question.breakdown) seen.value = ValueByDefinition(*question.breakdown, event, history);
    actors[{event.user, question.by_session ? event.session : ""}].push_back(seen);
  }
  std::vector<Actor> all;
  for (auto& [key, actor] : actors) all.push_back(std::move(actor));
  return all;
}

int64_t ActiveInInterval(const std::vector<Actor>& actors, const ActiveUsersQuestion& question,
                         const BelongsToRow& belongs) {
  return std::count_if(actors.begin(), actors.end(), [&](const Actor& actor) {
    return AnyWithin(actor, question.start, question.end, belongs);
  });
}

std::vector<ActiveUsersPeriod> Periods(const std::vector<Actor>& actors, const ActiveUsersQuestion& question,
                                       const BelongsToRow& belongs) {
  std::vector<ActiveUsersPeriod> periods;
  for (const PeriodByDefinition& whole : PeriodsByDefinition(
           question.time_zone, question.granularity, question.week_start, question.start, question.end)) {
    ActiveUsersPeriod period{whole.start, whole.end};
    period.complete =
        whole.end <= question.as_of && whole.start >= question.start && whole.end <= question.end;
    const absl::Time start = std::max(whole.start, question.start);
    const absl::Time end = std::min(whole.end, question.end);
    // The instant of a day that the zone left out lies in the day after it.
    const int64_t left_out = whole.start == whole.end ? 1 : 0;
    const absl::Time week = DayByDefinition(question.time_zone, whole.start, -6 - left_out).start;
    const absl::Time month = DayByDefinition(question.time_zone, whole.start, -29 - left_out).start;
    for (const Actor& actor : actors) {
      const bool active = AnyWithin(actor, start, end, belongs);
      const bool came_before = AnyWithin(actor, absl::InfinitePast(), start, Any);
      period.active += active;
      period.fresh += active && !came_before;
      period.known += active && came_before;
      period.trailing_7 += AnyWithin(actor, week, end, belongs);
      period.trailing_30 += AnyWithin(actor, month, end, belongs);
    }
    periods.push_back(period);
  }
  return periods;
}

// How many actors each value has in the interval.
std::map<std::string, int64_t> ValueCounts(const std::vector<Actor>& actors,
                                           const ActiveUsersQuestion& question) {
  std::map<std::string, int64_t> counts;
  for (const Actor& actor : actors) {
    for (const SeenEvent& event : actor) {
      if (!event.value || event.time < question.start || event.time >= question.end) continue;
      counts[*event.value] = ActiveInInterval(
          actors, question, [&](const SeenEvent& other) { return other.value == event.value; });
    }
  }
  return counts;
}

}  // namespace

ActiveUsersByDefinitionResult ActiveUsersByDefinition(const History& history,
                                                      const ActiveUsersQuestion& question) {
  const std::vector<Actor> actors = Actors(history, question);
  ActiveUsersByDefinitionResult result;
  result.active = ActiveInInterval(actors, question, Any);
  result.periods = Periods(actors, question, Any);
  if (!question.breakdown) return result;

  const std::map<std::string, int64_t> counts = ValueCounts(actors, question);
  result.value_count = static_cast<int64_t>(counts.size());
  const std::vector<std::string> top = TopValuesByDefinition(counts, question.breakdown->limit());
  const auto add_row = [&](const v1::BreakdownValue& value, const BelongsToRow& belongs) {
    const int64_t active = ActiveInInterval(actors, question, belongs);
    if (active > 0) result.rows.push_back({value, active, Periods(actors, question, belongs)});
  };
  v1::BreakdownValue value;
  for (const std::string& text : top) {
    value.set_text(text);
    add_row(value, [&](const SeenEvent& event) { return event.value == text; });
  }
  value.set_other(true);
  add_row(value, [&](const SeenEvent& event) {
    return event.value && std::find(top.begin(), top.end(), *event.value) == top.end();
  });
  value.set_none(true);
  add_row(value, [](const SeenEvent& event) { return !event.value; });
  return result;
}

ActiveUsersQuestion PreviousByDefinition(const ActiveUsersQuestion& question) {
  ActiveUsersQuestion previous = question;
  previous.end = question.start;
  const auto days_before = [&](int64_t days) {
    return DayByDefinition(question.time_zone, question.start, -days).start;
  };
  const std::vector<PeriodByDefinition> periods = PeriodsByDefinition(
      question.time_zone, question.granularity, question.week_start, question.start, question.end);
  const auto count = static_cast<int64_t>(periods.size());
  if (periods.front().start == question.start && periods.back().end == question.end) {
    if (question.granularity == v1::GRANULARITY_HOUR) {
      const std::vector<PeriodByDefinition> hours =
          PeriodsByDefinition(question.time_zone, question.granularity, question.week_start,
                              question.start - absl::Hours(count), question.start);
      previous.start = hours[hours.size() - periods.size()].start;
    } else if (question.granularity == v1::GRANULARITY_MONTH) {
      absl::TimeZone zone;
      absl::LoadTimeZone(question.time_zone, &zone);
      const absl::CivilDay first = absl::ToCivilDay(question.start, zone);
      previous.start = days_before(first - absl::CivilDay(absl::CivilMonth(first) - count));
    } else {
      previous.start = days_before(question.granularity == v1::GRANULARITY_WEEK ? 7 * count : count);
    }
    return previous;
  }
  if (days_before(0) == question.start &&
      DayByDefinition(question.time_zone, question.end, 0).start == question.end) {
    int64_t days = 0;
    while (DayByDefinition(question.time_zone, question.start, days).start < question.end) ++days;
    previous.start = days_before(days);
    return previous;
  }
  previous.start = question.start - (question.end - question.start);
  return previous;
}

}  // namespace donut::testing
