#include "tests/reference/retention.h"

#include <algorithm>
#include <map>
#include <utility>

#include "tests/reference/calendar.h"

namespace donut::testing {
namespace {

using Question = RetentionByDefinitionQuestion;

struct Range {
  absl::Time start;
  absl::Time end;
  bool Has(absl::Time time) const { return start <= time && time < end; }
};

// From the period that the interval begins in to one that lies after the last offset of the last cohort.
std::vector<Range> Periods(const Question& question) {
  const bool hours = question.period == v1::GRANULARITY_HOUR;
  const int64_t period_days = question.period == v1::GRANULARITY_MONTH  ? 31
                              : question.period == v1::GRANULARITY_WEEK ? 7
                                                                        : 1;
  const absl::Duration period = hours ? absl::Hours(1) : absl::Hours(25 * period_days);
  std::vector<Range> periods;
  for (const PeriodByDefinition& found :
       PeriodsByDefinition(question.time_zone, question.period, question.week_start, question.start,
                           question.end + (question.columns.back().last + 3) * period)) {
    periods.push_back({found.start, found.end});
  }
  return periods;
}

bool IsOneOf(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

bool IsStart(const Question& question, const HistoryEvent& event) {
  return IsOneOf(question.start_names, event.name) && question.passes_start(event);
}

bool IsReturn(const Question& question, const HistoryEvent& event) {
  return IsOneOf(question.return_names, event.name) && question.passes_return(event);
}

absl::Duration RollingLength(v1::Granularity period) {
  switch (period) {
    case v1::GRANULARITY_HOUR:
      return absl::Seconds(3'600);
    case v1::GRANULARITY_WEEK:
      return absl::Hours(7 * 24);
    case v1::GRANULARITY_MONTH:
      return absl::Hours(30 * 24);
    default:
      return absl::Hours(24);
  }
}

// The start event that puts the user into the cohort. `events` are in event order.
std::optional<HistoryEvent> StartIn(const Question& question, const std::vector<HistoryEvent>& events,
                                    const Range& cohort) {
  for (const HistoryEvent& event : events) {
    if (!IsStart(question, event)) continue;
    if (cohort.Has(event.time)) return event;
    if (question.kind == v1::RETENTION_KIND_FIRST_TIME) return std::nullopt;
  }
  return std::nullopt;
}

// The `offset`-th period of a cohort that is the `place`-th period; for ROLLING, of an actor.
Range PeriodAt(const Question& question, const std::vector<Range>& periods, size_t place, absl::Time started,
               int64_t offset) {
  if (question.alignment == v1::RETENTION_ALIGNMENT_CALENDAR) return periods[place + offset];
  const absl::Duration length = RollingLength(question.period);
  return {started + offset * length, started + (offset + 1) * length};
}

RetentionMemberByDefinition Follow(const Question& question, const std::vector<Range>& periods, size_t place,
                                   const HistoryEvent& start, const std::vector<HistoryEvent>& events) {
  RetentionMemberByDefinition member;
  member.user = start.user;
  member.start = start;
  const auto period = [&](int64_t offset) { return PeriodAt(question, periods, place, start.time, offset); };
  const auto sum = [&](const Range& range) {
    int64_t value = 0;
    for (const HistoryEvent& event : events) {
      if (IsReturn(question, event) && range.Has(event.time)) value += question.value_of(event);
    }
    return value;
  };
  member.own_value = sum({start.time, period(0).end});
  for (const Question::Column& column : question.columns) {
    Range counted = {period(column.first).start, period(column.last).end};
    if (question.mode == v1::RETENTION_MODE_ON_OR_AFTER) counted.end = absl::InfiniteFuture();
    std::optional<absl::Time> first;
    for (const HistoryEvent& event : events) {
      if (!first && IsReturn(question, event) && counted.Has(event.time)) first = event.time;
    }
    member.returned.push_back(first);
    member.value.push_back(sum(counted));
    int64_t cumulative = member.own_value;
    for (int64_t offset = 1; offset <= column.last; ++offset) cumulative += sum(period(offset));
    member.cumulative_value.push_back(cumulative);
  }
  return member;
}

bool IsComplete(const Question& question, const std::vector<Range>& periods, size_t place, int64_t offset) {
  if (question.alignment == v1::RETENTION_ALIGNMENT_CALENDAR) {
    return periods[place + offset].end <= question.as_of;
  }
  return periods[place].end + (offset + 1) * RollingLength(question.period) <= question.as_of;
}

}  // namespace

std::vector<RetentionCohortByDefinition> RetentionByDefinition(const History& history,
                                                               const Question& question) {
  const std::vector<Range> periods = Periods(question);
  std::map<std::string, std::vector<HistoryEvent>> users;
  for (const HistoryEvent& event : history.events) {
    if (event.time <= question.as_of) users[event.user].push_back(event);
  }
  for (auto& [user, events] : users) std::sort(events.begin(), events.end());
  std::vector<RetentionCohortByDefinition> cohorts;
  for (size_t place = 0; place < periods.size(); ++place) {
    if (periods[place].start >= question.end || periods[place].end <= question.start) continue;
    RetentionCohortByDefinition cohort = {periods[place].start, periods[place].end, {}, {}};
    for (const Question::Column& column : question.columns) {
      cohort.complete.push_back(IsComplete(question, periods, place, column.last));
    }
    for (const auto& [user, events] : users) {
      const std::optional<HistoryEvent> start = StartIn(question, events, periods[place]);
      if (start) cohort.members.push_back(Follow(question, periods, place, *start, events));
    }
    cohorts.push_back(std::move(cohort));
  }
  return cohorts;
}

}  // namespace donut::testing
