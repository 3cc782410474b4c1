#include "tests/reference/funnel.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <utility>

#include "tests/reference/funnel_attempts.h"
#include "tests/reference/funnel_breakdown.h"

namespace donut::testing {
namespace {

using Events = std::vector<FunnelEventByDefinition>;

std::map<std::pair<std::string, std::string>, std::vector<HistoryEvent>> ActorsEvents(
    const History& history, const FunnelByDefinitionQuestion& question) {
  std::map<std::pair<std::string, std::string>, std::vector<HistoryEvent>> actors;
  for (const HistoryEvent& event : history.events) {
    if (question.by_session && event.session.empty()) continue;
    actors[{event.user, question.by_session ? event.session : ""}].push_back(event);
  }
  return actors;
}

// The less, the better: the longest attempt, of those the one that ends first, then starts last, then has the
// second step earliest, the third, and so on. All by time first; what is still equal, by place.
std::vector<int64_t> Preference(const AttemptByDefinition& attempt, const Events& events) {
  std::vector<int64_t> times;
  std::vector<int64_t> places;
  for (const size_t place : attempt) {
    times.push_back(absl::ToUnixMicros(events[place].event.time));
    places.push_back(static_cast<int64_t>(place));
  }
  std::vector<int64_t> preference = {-static_cast<int64_t>(attempt.size())};
  for (const std::vector<int64_t>& numbers : {times, places}) {
    preference.push_back(numbers.back());
    preference.push_back(-numbers.front());
    preference.insert(preference.end(), numbers.begin(), numbers.end());
  }
  return preference;
}

// "The earliest intermediate steps" has one meaning only if no other attempt of the same
// length, end and start has any step earlier. Attempts at several held values can be such.
void CheckIsEarliest(const AttemptByDefinition& best, const Events& events,
                     const FunnelByDefinitionQuestion& question) {
  if (best.empty() || !question.held.empty() || question.order == v1::FUNNEL_ORDER_UNORDERED) return;
  const auto time = [&](size_t place) { return events[place].event.time; };
  VisitAttemptsByDefinition(events, question, [&](const AttemptByDefinition& attempt) {
    if (attempt.size() != best.size() || time(attempt.back()) != time(best.back()) ||
        time(attempt.front()) != time(best.front())) {
      return;
    }
    for (size_t i = 0; i < best.size(); ++i) {
      if (time(attempt[i]) < time(best[i])) std::abort();
    }
  });
}

// Below the last step, with an entry whose window is open.
bool IsOpen(const FunnelActorByDefinition& actor, const FunnelByDefinitionQuestion& question) {
  if (actor.attempt.size() == question.steps.size()) return false;
  if (question.all_steps && question.end <= question.as_of) return false;
  return std::any_of(actor.entries.begin(), actor.entries.end(),
                     [&](const auto& entry) { return entry.first + question.window > question.as_of; });
}

FunnelActorByDefinition FollowActor(const Events& events, const FunnelByDefinitionQuestion& question) {
  FunnelActorByDefinition actor;
  AttemptByDefinition best;
  std::vector<int64_t> preference;
  std::map<size_t, int> entries;
  VisitAttemptsByDefinition(events, question, [&](const AttemptByDefinition& attempt) {
    int& longest = entries[attempt[0]];
    longest = std::max(longest, static_cast<int>(attempt.size()));
    if (attempt.size() < best.size()) return;
    const std::vector<int64_t> other = Preference(attempt, events);
    if (!best.empty() && preference < other) return;
    best = attempt;
    preference = other;
  });
  CheckIsEarliest(best, events, question);
  for (const size_t place : best) actor.attempt.push_back(events[place].event);
  for (const auto& [place, longest] : entries) {
    actor.entries.emplace_back(events[place].event.time, longest);
  }
  actor.open = IsOpen(actor, question);
  return actor;
}

FunnelSeriesBucketByDefinition CountBucket(const std::vector<FunnelActorByDefinition>& actors,
                                           const PeriodByDefinition& bucket,
                                           const FunnelByDefinitionQuestion& question) {
  FunnelSeriesBucketByDefinition counted;
  for (const FunnelActorByDefinition& actor : actors) {
    int longest = 0;
    for (const auto& [time, length] : actor.entries) {
      if (time >= bucket.start && time < bucket.end) longest = std::max(longest, length);
    }
    if (longest > 0) ++counted.entered;
    if (longest >= question.series_from_step) ++counted.from;
    if (longest >= question.series_to_step) ++counted.to;
  }
  return counted;
}

}  // namespace

FunnelByDefinitionAnswer FunnelByDefinition(const History& history,
                                            const FunnelByDefinitionQuestion& question) {
  FunnelByDefinitionAnswer answer;
  for (const auto& [key, of_actor] : ActorsEvents(history, question)) {
    const Events events = FunnelEventsByDefinition(of_actor, question);
    FunnelActorByDefinition actor = FollowActor(events, question);
    if (actor.attempt.empty()) continue;
    std::tie(actor.user, actor.session) = key;
    AttributeByDefinition(events, history, question, actor);
    answer.each_actor.push_back(std::move(actor));
  }
  static_cast<FunnelCountsByDefinition&>(answer) = CountByDefinition(answer.each_actor, question);
  if (question.breakdown.subject_case() != v1::Breakdown::SUBJECT_NOT_SET) {
    BreakDownByDefinition(question, answer);
  }
  for (const PeriodByDefinition& bucket : question.series_buckets) {
    answer.series.push_back(CountBucket(answer.each_actor, bucket, question));
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
