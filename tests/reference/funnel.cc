#include "tests/reference/funnel.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <tuple>
#include <utility>

namespace donut::testing {
namespace {

using Attempt = std::vector<HistoryEvent>;

bool Matches(const StepByDefinition& step, const HistoryEvent& event) {
  return step.passes(event) && (step.names.empty() || std::find(step.names.begin(), step.names.end(),
                                                                event.name) != step.names.end());
}

// The events of each actor that match any step, in funnel order.
std::map<std::pair<std::string, std::string>, std::vector<HistoryEvent>> ActorsEvents(
    const History& history, const FunnelByDefinitionQuestion& question) {
  const auto lowest_step = [&](const HistoryEvent& event) {
    size_t step = 0;
    while (step < question.steps.size() && !Matches(question.steps[step], event)) ++step;
    return step;
  };
  std::map<std::pair<std::string, std::string>, std::vector<HistoryEvent>> actors;
  for (const HistoryEvent& event : history.events) {
    if (event.time > question.as_of || lowest_step(event) == question.steps.size()) continue;
    if (question.by_session && event.session.empty()) continue;
    actors[{event.user, question.by_session ? event.session : ""}].push_back(event);
  }
  for (auto& [actor, events] : actors) {
    std::sort(events.begin(), events.end(), [&](const HistoryEvent& a, const HistoryEvent& b) {
      return std::make_tuple(a.time, lowest_step(a), a.producer_no, a.sequence) <
             std::make_tuple(b.time, lowest_step(b), b.producer_no, b.sequence);
    });
  }
  return actors;
}

bool IsEntry(const HistoryEvent& event, const FunnelByDefinitionQuestion& question) {
  return Matches(question.steps[0], event) && event.time >= question.start && event.time < question.end;
}

// Calls `visit` with every attempt, of any length, that continues `attempt` with events from `next` on.
void VisitAttempts(const std::vector<HistoryEvent>& events, const FunnelByDefinitionQuestion& question,
                   size_t next, Attempt& attempt, const std::function<void(const Attempt&)>& visit) {
  if (!attempt.empty()) visit(attempt);
  if (attempt.size() == question.steps.size()) return;
  for (size_t i = next; i < events.size(); ++i) {
    const bool fits = attempt.empty() ? IsEntry(events[i], question)
                                      : Matches(question.steps[attempt.size()], events[i]) &&
                                            events[i].time - attempt[0].time <= question.window;
    if (!fits) continue;
    attempt.push_back(events[i]);
    VisitAttempts(events, question, i + 1, attempt, visit);
    attempt.pop_back();
  }
}

// Whether `a` is the timed attempt rather than `b`: longer, ending first, starting
// last, then the earliest intermediate steps.
bool Precedes(const Attempt& a, const Attempt& b) {
  if (a.size() != b.size()) return a.size() > b.size();
  if (a.back().time != b.back().time) return a.back().time < b.back().time;
  if (a.front().time != b.front().time) return a.front().time > b.front().time;
  for (size_t i = 1; i < a.size(); ++i) {
    if (a[i].time != b[i].time) return a[i].time < b[i].time;
  }
  return false;
}

Attempt TimedAttempt(const std::vector<HistoryEvent>& events, const FunnelByDefinitionQuestion& question) {
  Attempt best;
  Attempt scratch;
  VisitAttempts(events, question, 0, scratch, [&](const Attempt& attempt) {
    if (best.empty() || Precedes(attempt, best)) best = attempt;
  });
  // "The earliest intermediate steps" has one meaning only if no other attempt of the same
  // length, end and start has any step earlier.
  VisitAttempts(events, question, 0, scratch, [&](const Attempt& attempt) {
    if (attempt.size() != best.size() || attempt.back().time != best.back().time ||
        attempt.front().time != best.front().time) {
      return;
    }
    for (size_t i = 0; i < best.size(); ++i) {
      if (attempt[i].time < best[i].time) std::abort();
    }
  });
  return best;
}

}  // namespace

FunnelByDefinitionAnswer FunnelByDefinition(const History& history,
                                            const FunnelByDefinitionQuestion& question) {
  const size_t steps = question.steps.size();
  FunnelByDefinitionAnswer answer;
  answer.actors.resize(steps);
  answer.from_previous.resize(steps);
  for (const auto& [actor, events] : ActorsEvents(history, question)) {
    const Attempt attempt = TimedAttempt(events, question);
    for (size_t i = 0; i < attempt.size(); ++i) {
      ++answer.actors[i];
      if (i > 0) answer.from_previous[i].push_back(attempt[i].time - attempt[i - 1].time);
    }
    if (attempt.size() == steps) {
      if (steps > 1) answer.to_convert.push_back(attempt.back().time - attempt.front().time);
      continue;
    }
    const bool open = std::any_of(events.begin(), events.end(), [&](const HistoryEvent& event) {
      return IsEntry(event, question) && event.time + question.window > question.as_of;
    });
    if (open) ++answer.still_open;
  }
  return answer;
}

double PercentileByDefinition(double share, std::vector<absl::Duration> durations) {
  std::sort(durations.begin(), durations.end());
  const double rank = share * static_cast<double>(durations.size() - 1);
  const double low = absl::ToDoubleSeconds(durations[static_cast<size_t>(std::floor(rank))]);
  const double high = absl::ToDoubleSeconds(durations[static_cast<size_t>(std::ceil(rank))]);
  return low + (rank - std::floor(rank)) * (high - low);
}

}  // namespace donut::testing
