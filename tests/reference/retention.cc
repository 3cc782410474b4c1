#include "tests/reference/retention.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "tests/reference/calendar.h"

namespace donut::testing {
namespace {

// Where the periods start, from the one that the interval begins in to one that lies after the last
// offset of the last cohort.
std::vector<absl::Time> PeriodStarts(const RetentionByDefinitionQuestion& question) {
  const bool hours = question.period == v1::GRANULARITY_HOUR;
  const int64_t period_days = question.period == v1::GRANULARITY_MONTH  ? 31
                              : question.period == v1::GRANULARITY_WEEK ? 7
                                                                        : 1;
  const absl::Duration period = hours ? absl::Hours(1) : absl::Hours(25 * period_days);
  std::vector<absl::Time> starts;
  for (const PeriodByDefinition& found :
       PeriodsByDefinition(question.time_zone, question.period, question.week_start, question.start,
                           question.end + (question.offsets.back() + 3) * period)) {
    starts.push_back(found.start);
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
        if (!IsOneOf(question.start_names, event.name) || !question.passes_start(event)) continue;
        if (!first_start || event.time < *first_start) first_start = event.time;
      }
      if (!first_start || *first_start < cohort.start || *first_start >= cohort.end) continue;
      ++cohort.size;
      for (size_t k = 0; k < question.offsets.size(); ++k) {
        const size_t period = i + question.offsets[k];
        cohort.retained[k] += std::any_of(events.begin(), events.end(), [&](const HistoryEvent& event) {
          return IsOneOf(question.return_names, event.name) && question.passes_return(event) &&
                 event.time >= starts[period] && event.time < starts[period + 1];
        });
      }
    }
    cohorts.push_back(std::move(cohort));
  }
  return cohorts;
}

}  // namespace donut::testing
