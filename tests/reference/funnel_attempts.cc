#include "tests/reference/funnel_attempts.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "tests/reference/json_text.h"

namespace donut::testing {
namespace {

using Events = std::vector<FunnelEventByDefinition>;
using Visit = std::function<void(const AttemptByDefinition&)>;

template <typename StepOrExclusion>
bool Matches(const StepOrExclusion& step, const HistoryEvent& event) {
  const bool has_name =
      step.names.empty() || std::find(step.names.begin(), step.names.end(), event.name) != step.names.end();
  return has_name && step.passes(event);
}

// Of the steps that it matches, the one with the most conditions, the lowest of equals.
void KeepMostSpecific(const FunnelByDefinitionQuestion& question, std::vector<bool>& is_step) {
  std::optional<size_t> best;
  for (size_t i = 0; i < is_step.size(); ++i) {
    if (is_step[i] && (!best || question.steps[i].conditions > question.steps[*best].conditions)) best = i;
  }
  for (size_t i = 0; i < is_step.size(); ++i) is_step[i] = best == i;
}

// An event that matches a step between whose ends nothing must happen is that step. UNORDERED: any step can
// be there.
bool Excludes(const ExclusionByDefinition& exclusion, const FunnelByDefinitionQuestion& question,
              const HistoryEvent& event, const std::vector<bool>& is_step) {
  const bool unordered = question.order == v1::FUNNEL_ORDER_UNORDERED;
  for (int step = 1; step <= static_cast<int>(is_step.size()); ++step) {
    const bool is_within = step >= exclusion.from_step && step <= exclusion.to_step;
    if (is_step[step - 1] && (unordered || is_within)) return false;
  }
  return Matches(exclusion, event);
}

// Nothing for what the funnel does not read.
std::optional<FunnelEventByDefinition> Read(const HistoryEvent& event,
                                            const FunnelByDefinitionQuestion& question) {
  const absl::Time scan_end = question.all_steps ? question.end : question.end + question.window;
  if (event.time < question.start || event.time >= scan_end || event.time > question.as_of) {
    return std::nullopt;
  }
  FunnelEventByDefinition read{event, {}, {}, {}};
  for (const std::string& key : question.held) {
    const std::optional<std::string> text = JsonText(event.properties, key);
    if (!text) return std::nullopt;
    read.held.push_back(*text);
  }
  for (const StepByDefinition& step : question.steps) read.is_step.push_back(Matches(step, event));
  if (question.order == v1::FUNNEL_ORDER_UNORDERED) KeepMostSpecific(question, read.is_step);
  for (const ExclusionByDefinition& exclusion : question.exclusions) {
    read.excludes.push_back(Excludes(exclusion, question, event, read.is_step));
  }
  return read;
}

// At equal time an exclusion sorts before the steps: so what is at the first one's time is not
// between the two, and what is at the second one's time is.
bool LiesBetween(const FunnelEventByDefinition& x, const FunnelEventByDefinition& a,
                 const FunnelEventByDefinition& b) {
  return x.held == a.held && x.event.time > a.event.time && x.event.time <= b.event.time;
}

bool IsValid(const AttemptByDefinition& attempt, const Events& events,
             const FunnelByDefinitionQuestion& question) {
  const int length = static_cast<int>(attempt.size());
  for (size_t i = 0; i < question.exclusions.size(); ++i) {
    const ExclusionByDefinition& exclusion = question.exclusions[i];
    if (length < exclusion.from_step) continue;
    const FunnelEventByDefinition& a = events[attempt[exclusion.from_step - 1]];
    const FunnelEventByDefinition& b = events[attempt[std::min(exclusion.to_step, length) - 1]];
    for (const FunnelEventByDefinition& x : events) {
      if (x.excludes[i] && LiesBetween(x, a, b)) return false;
    }
  }
  return true;
}

bool IsInWindow(const FunnelEventByDefinition& event, const FunnelEventByDefinition& entry,
                const FunnelByDefinitionQuestion& question) {
  return event.held == entry.held && event.event.time - entry.event.time <= question.window;
}

// Visits `attempt` and all that continue it. STRICT: the next one is the one right behind the last.
void VisitContinued(const Events& events, const FunnelByDefinitionQuestion& question,
                    AttemptByDefinition& attempt, const Visit& visit) {
  // What stands between its steps stays there when it is continued.
  if (!IsValid(attempt, events, question)) return;
  visit(attempt);
  const size_t step = attempt.size();
  if (step == question.steps.size()) return;
  const size_t first = attempt.back() + 1;
  const size_t end =
      question.order == v1::FUNNEL_ORDER_STRICT ? std::min(first + 1, events.size()) : events.size();
  for (size_t i = first; i < end; ++i) {
    if (!events[i].is_step[step] || !IsInWindow(events[i], events[attempt[0]], question)) continue;
    attempt.push_back(i);
    VisitContinued(events, question, attempt, visit);
    attempt.pop_back();
  }
}

// The earliest event of each step at or after the entry; those within the window, the entry first.
void VisitUnordered(const Events& events, const FunnelByDefinitionQuestion& question, size_t entry,
                    const Visit& visit) {
  AttemptByDefinition others;
  for (size_t step = 0; step < question.steps.size(); ++step) {
    if (events[entry].is_step[step]) continue;
    // The events are in order, so the first that fits is the earliest.
    for (size_t i = 0; i < events.size(); ++i) {
      if (!events[i].is_step[step] || events[i].event.time < events[entry].event.time) continue;
      if (events[i].held != events[entry].held) continue;
      if (IsInWindow(events[i], events[entry], question)) others.push_back(i);
      break;
    }
  }
  std::sort(others.begin(), others.end());
  AttemptByDefinition attempt = {entry};
  for (size_t next = 0; IsValid(attempt, events, question); ++next) {
    visit(attempt);
    if (next == others.size()) return;
    attempt.push_back(others[next]);
  }
}

}  // namespace

bool FunnelEventByDefinition::is_any_step() const {
  return std::find(is_step.begin(), is_step.end(), true) != is_step.end();
}

Events FunnelEventsByDefinition(const std::vector<HistoryEvent>& of_actor,
                                const FunnelByDefinitionQuestion& question) {
  Events events;
  for (const HistoryEvent& event : of_actor) {
    const std::optional<FunnelEventByDefinition> read = Read(event, question);
    if (read) events.push_back(*read);
  }
  const bool by_event_order = question.order == v1::FUNNEL_ORDER_STRICT || question.ties_by_event_order;
  const auto order = [&](const FunnelEventByDefinition& read) {
    const auto lowest_step = std::find(read.is_step.begin(), read.is_step.end(), true);
    return std::make_tuple(read.event.time, by_event_order ? 0 : lowest_step - read.is_step.begin(),
                           read.event.producer_no, read.event.sequence);
  };
  std::sort(events.begin(), events.end(), [&](const auto& a, const auto& b) { return order(a) < order(b); });
  return events;
}

bool IsEntryByDefinition(const FunnelEventByDefinition& event, const FunnelByDefinitionQuestion& question) {
  const bool enters = question.order == v1::FUNNEL_ORDER_UNORDERED ? event.is_any_step() : event.is_step[0];
  return enters && event.event.time >= question.start && event.event.time < question.end;
}

void VisitAttemptsByDefinition(const Events& events, const FunnelByDefinitionQuestion& question,
                               const Visit& visit) {
  for (size_t i = 0; i < events.size(); ++i) {
    if (!IsEntryByDefinition(events[i], question)) continue;
    if (question.order == v1::FUNNEL_ORDER_UNORDERED) {
      VisitUnordered(events, question, i, visit);
    } else {
      AttemptByDefinition attempt = {i};
      VisitContinued(events, question, attempt, visit);
    }
  }
}

}  // namespace donut::testing
