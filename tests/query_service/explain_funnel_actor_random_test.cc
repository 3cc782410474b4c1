// The explanation of every actor against the funnel's definition, on random histories with all options.

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/proto_time.h"
#include "gtest/gtest.h"
#include "query_service/metrics/funnel/explain_funnel_actor.h"
#include "tests/query_service/random_metric_test.h"
#include "tests/reference/funnel.h"
#include "tests/reference/funnel_attempts.h"
#include "tests/reference/funnel_request.h"

namespace donut::testing {
namespace {

// Few: the walk alone is compared on many more.
constexpr int kExplainedHistories = 40;

using Actor = std::pair<std::string, std::string>;

RandomTrial<v1::GetFunnelRequest> MakeExplainTrial(Dice& dice) {
  RandomHistoryOptions options;
  options.most_events = 22;
  options.most_users = 3;
  return MakeRandomFunnelTrial(dice, options);
}

std::set<Actor> ActorsOf(const RandomTrial<v1::GetFunnelRequest>& trial) {
  const bool by_session = trial.request.actor() == v1::ACTOR_SESSION;
  std::set<Actor> actors;
  for (const HistoryEvent& event : trial.history.events) {
    if (!by_session || !event.session.empty()) actors.insert({event.user, by_session ? event.session : ""});
  }
  return actors;
}

// How many of the actor's events are in any attempt.
int64_t CountInAttempts(const History& seen, const Actor& actor, const FunnelByDefinitionQuestion& question) {
  std::vector<HistoryEvent> of_actor;
  for (const HistoryEvent& event : seen.events) {
    if (event.user == actor.first && (actor.second.empty() || event.session == actor.second)) {
      of_actor.push_back(event);
    }
  }
  std::set<size_t> places;
  VisitAttemptsByDefinition(
      FunnelEventsByDefinition(of_actor, question), question,
      [&](const AttemptByDefinition& attempt) { places.insert(attempt.begin(), attempt.end()); });
  return static_cast<int64_t>(places.size());
}

int64_t CountRoles(const v1::ExplainFunnelActorResponse& response,
                   const std::set<v1::FunnelEventRole>& roles) {
  return std::count_if(response.events().begin(), response.events().end(),
                       [&](const v1::FunnelActorEvent& event) { return roles.count(event.role()) > 0; });
}

class ExplainFunnelActorRandomTest : public RandomMetricTest {
 protected:
  std::string Compare(const RandomTrial<v1::GetFunnelRequest>& trial) {
    std::string differences;
    const History seen = SeenHistory(trial);
    bool loaded = false;
    for (const Actor& actor : ActorsOf(trial)) {
      RandomTrial<v1::ExplainFunnelActorRequest> asked = {trial.history, trial.time_zone, {}};
      *asked.request.mutable_funnel() = trial.request;
      asked.request.set_user_id(actor.first);
      if (!actor.second.empty()) asked.request.set_session_id(actor.second);
      const absl::StatusOr<v1::ExplainFunnelActorResponse> response =
          loaded ? Ask(query::ExplainFunnelActor, asked.request) : AskTrial(query::ExplainFunnelActor, asked);
      loaded = true;
      if (!response.ok()) return response.status().ToString();
      const FunnelByDefinitionQuestion question =
          QuestionByDefinition(trial.request, response->scope(), trial.history);
      const std::string difference = CompareActor(seen, actor, question, *response);
      if (!difference.empty()) {
        absl::StrAppend(&differences, actor.first, " ", actor.second, ": ", difference,
                        response->DebugString(), "\n");
      }
    }
    return differences;
  }

 private:
  static std::string CompareActor(const History& seen, const Actor& actor,
                                  FunnelByDefinitionQuestion question,
                                  const v1::ExplainFunnelActorResponse& response) {
    std::string difference;
    const auto expect = [&](const std::string& what, int64_t got, int64_t expected) {
      if (got != expected) absl::StrAppend(&difference, what, ": got ", got, ", expected ", expected, "\n");
    };
    FunnelActorByDefinition expected;
    for (const FunnelActorByDefinition& one : FunnelByDefinition(seen, question).each_actor) {
      if (Actor(one.user, one.session) == actor) expected = one;
    }
    expect("level", response.level(), expected.level());
    expect("still open", response.still_open(), expected.open);
    expect("step times", response.step_times_size(), expected.level());
    for (int i = 0; i < std::min(response.step_times_size(), expected.level()); ++i) {
      expect(absl::StrCat("step time ", i), absl::ToUnixMicros(*FromProto(response.step_times(i), "t")),
             absl::ToUnixMicros(expected.attempt[i].time));
    }
    expect("entered", CountRoles(response, {v1::FUNNEL_EVENT_ROLE_ENTERED}), expected.level() > 0);
    expect("advanced", CountRoles(response, {v1::FUNNEL_EVENT_ROLE_ADVANCED}),
           std::max(0, expected.level() - 1));
    const std::set<v1::FunnelEventRole> in_attempt = {
        v1::FUNNEL_EVENT_ROLE_ENTERED, v1::FUNNEL_EVENT_ROLE_ADVANCED, v1::FUNNEL_EVENT_ROLE_OTHER_ATTEMPT};
    expect("in attempts", CountRoles(response, in_attempt), CountInAttempts(seen, actor, question));
    expect("events", response.events_size(), response.event_count());
    bool step_excluded = false;
    for (const v1::FunnelActorEvent& event : response.events()) {
      expect("has a role", event.role() != v1::FUNNEL_EVENT_ROLE_UNSPECIFIED, true);
      expect("has a sentence", !event.explanation().empty(), true);
      expect("too late by some time",
             event.has_too_late_by() && event.too_late_by().seconds() >= 0 &&
                 event.too_late_by().seconds() * 1'000'000'000 + event.too_late_by().nanos() > 0,
             event.role() == v1::FUNNEL_EVENT_ROLE_TOO_LATE);
      step_excluded |= event.role() == v1::FUNNEL_EVENT_ROLE_EXCLUDED && !event.matched_steps().empty();
    }
    if (step_excluded) return difference;
    // What exclusions block is what would be in an attempt without them.
    question.exclusions.clear();
    std::set<v1::FunnelEventRole> or_blocked = in_attempt;
    or_blocked.insert(v1::FUNNEL_EVENT_ROLE_BLOCKED_BY_EXCLUSION);
    expect("in attempts or blocked", CountRoles(response, or_blocked),
           CountInAttempts(seen, actor, question));
    return difference;
  }
};

TEST_F(ExplainFunnelActorRandomTest, AgreesWithTheDefinition) {
  CompareOnRandomHistories<v1::GetFunnelRequest>(kExplainedHistories, MakeExplainTrial,
                                                 [&](const auto& trial) { return Compare(trial); });
}

}  // namespace
}  // namespace donut::testing
