// The walk alone against the funnel's definition: many more histories than with a database, and the events of
// the timed attempt themselves.

#include "query_service/metrics/funnel/funnel_walk.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/proto_time.h"
#include "gtest/gtest.h"
#include "tests/query_service/metric_test.h"
#include "tests/reference/funnel.h"
#include "tests/reference/funnel_request.h"
#include "tests/reference/json_text.h"
#include "tests/reference/random_comparison.h"

namespace donut::testing {
namespace {

constexpr int kWalkHistories = 2'000;

const query::QueryContext& Context() {
  static const query::QueryContext& context =
      *new query::QueryContext{{1, "default", "UTC"}, At("2024-06-15 12:00:00")};
  return context;
}

RandomTrial<v1::GetFunnelRequest> MakeWalkTrial(Dice& dice) {
  RandomHistoryOptions options;
  options.most_events = 20;
  options.most_users = 1;
  options.most_sessions = 0;
  RandomTrial<v1::GetFunnelRequest> trial = MakeRandomFunnelTrial(dice, options);
  trial.request.set_actor(v1::ACTOR_USER);
  trial.request.mutable_scope()->clear_filter();
  return trial;
}

template <typename Parts>
uint32_t Matched(const Parts& parts, const HistoryEvent& event) {
  uint32_t bits = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    const auto& names = parts[i].names;
    const bool has_name = names.empty() || std::find(names.begin(), names.end(), event.name) != names.end();
    if (has_name && parts[i].passes(event)) bits |= uint32_t{1} << i;
  }
  return bits;
}

// What the statement loads.
std::vector<query::FunnelWalkEvent> Loaded(const History& history, const query::FunnelQuestion& question,
                                           const FunnelByDefinitionQuestion& by_definition) {
  std::vector<query::FunnelWalkEvent> events;
  for (const HistoryEvent& event : history.events) {
    if (event.time < question.scope.start || event.time >= question.scan_end()) continue;
    query::FunnelWalkEvent loaded;
    loaded.time = event.time;
    loaded.producer_no = event.producer_no;
    loaded.sequence = event.sequence;
    loaded.name = event.name;
    loaded.steps = Matched(by_definition.steps, event);
    loaded.exclusions = Matched(by_definition.exclusions, event);
    for (const std::string& key : question.held) loaded.held.push_back(JsonText(event.properties, key));
    if (question.order != v1::FUNNEL_ORDER_STRICT && loaded.steps == 0 && loaded.exclusions == 0) continue;
    events.push_back(loaded);
  }
  return events;
}

std::string ShowEvent(absl::Time time, int producer_no, int64_t sequence) {
  return absl::StrCat(absl::FormatTime(time, absl::UTCTimeZone()), " #", producer_no, ".", sequence, "\n");
}

std::string CompareWalk(const RandomTrial<v1::GetFunnelRequest>& trial) {
  const absl::StatusOr<query::FunnelQuestion> question = query::ResolveFunnel(trial.request, Context());
  if (!question.ok()) return question.status().ToString();
  const FunnelByDefinitionQuestion by_definition =
      QuestionByDefinition(trial.request, query::ToProto(question->scope), trial.history);
  const query::FunnelWalk walk =
      query::WalkFunnel(*question, Loaded(trial.history, *question, by_definition));
  const FunnelByDefinitionAnswer answer = FunnelByDefinition(trial.history, by_definition);
  std::string got = walk.still_open ? "open\n" : "";
  for (const int place : walk.attempt) {
    const query::FunnelWalkEvent& event = walk.events[place];
    absl::StrAppend(&got, ShowEvent(event.time, event.producer_no, event.sequence));
  }
  std::string expected;
  for (const FunnelActorByDefinition& actor : answer.each_actor) {
    if (actor.open) absl::StrAppend(&expected, "open\n");
    for (const HistoryEvent& event : actor.attempt) {
      absl::StrAppend(&expected, ShowEvent(event.time, event.producer_no, event.sequence));
    }
  }
  return got == expected ? "" : absl::StrCat("got\n", got, "expected\n", expected);
}

TEST(FunnelWalkTest, TakesTheEventsOfTheDefinition) {
  CompareOnRandomHistories<v1::GetFunnelRequest>(kWalkHistories, MakeWalkTrial, CompareWalk);
}

// Twenty steps of any event, so that each of the events can be each of them.
TEST(FunnelWalkTest, ManyEventsTakeNoLongerThanTheirNumber) {
  for (const v1::FunnelOrder order :
       {v1::FUNNEL_ORDER_ORDERED, v1::FUNNEL_ORDER_STRICT, v1::FUNNEL_ORDER_UNORDERED}) {
    query::FunnelQuestion question;
    question.scope.start = At("2024-03-05 00:00:00");
    question.scope.end = question.scope.as_of = question.scope.start + absl::Hours(48);
    question.window = absl::Minutes(1);
    question.order = order;
    question.steps.resize(query::kMaxFunnelSteps);
    if (order != v1::FUNNEL_ORDER_STRICT) question.exclusions.resize(1, {{}, {}, 1, query::kMaxFunnelSteps});
    std::vector<query::FunnelWalkEvent> events(100'000);
    for (size_t i = 0; i < events.size(); ++i) {
      events[i].time = question.scope.start + absl::Seconds(static_cast<int64_t>(i));
      events[i].steps = i % 100 == 99                         ? 0
                        : order == v1::FUNNEL_ORDER_UNORDERED ? uint32_t{1} << i % query::kMaxFunnelSteps
                                                              : (uint32_t{1} << query::kMaxFunnelSteps) - 1;
      events[i].exclusions = i % 100 == 99 ? 1 : 0;
    }
    EXPECT_EQ(query::WalkFunnel(question, events).attempt.size(), query::kMaxFunnelSteps);
  }
}

}  // namespace
}  // namespace donut::testing
