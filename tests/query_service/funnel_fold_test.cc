// The fold of a funnel alone, over events that are made up.

#include "query_service/metrics/funnel/funnel_fold.h"

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "query_service/metrics/funnel/funnel_walk.h"
#include "tests/query_service/metric_test.h"
#include "tests/reference/random_history.h"
#include "tests/support/random_seed.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using query::FunnelFold;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint32_t kA = 1, kB = 2, kC = 4;
constexpr int64_t kSecond = 1'000'000;

// Steps a, b, c within an hour, of entries on 2 and 3 March 2024.
std::shared_ptr<const query::FunnelQuestion> FoldedQuestion(const std::string& options = "") {
  v1::GetFunnelRequest request;
  const std::string text = absl::StrCat(
      R"(scope { interval { start_date: "2024-03-02" end_date: "2024-03-04" } } window { seconds: 3600 }
         steps { event_names: "a" } steps { event_names: "b" } steps { event_names: "c" } )",
      options);
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
  const auto question = query::ResolveFunnel(request, {{1, "default", "UTC"}, At("2024-06-15 12:00:00")});
  EXPECT_OK(question);
  return std::make_shared<const query::FunnelQuestion>(*question);
}

struct FoldedEvent {
  int64_t second = 0;  // since the interval's start
  uint32_t mask = 0;
  std::vector<uint32_t> values = {};
};

// What a fold is given of one actor.
class FoldedActor {
 public:
  explicit FoldedActor(const std::vector<FoldedEvent>& events, int64_t user_id = 1) {
    const int64_t start = absl::ToUnixMicros(At("2024-03-02 00:00:00"));
    for (const FoldedEvent& event : events) {
      time_us_.push_back(start + event.second * kSecond);
      mask_.push_back(event.mask);
      values_.resize(event.values.size());
      for (size_t i = 0; i < values_.size(); ++i) values_[i].push_back(event.values[i]);
    }
    actor_.user_id = user_id;
    actor_.count = static_cast<uint32_t>(events.size());
    actor_.time_us = time_us_.data();
    actor_.mask = mask_.data();
    for (const auto& of_source : values_) actor_.values.push_back(of_source.data());
  }
  const query::ActorEvents& events() const { return actor_; }

 private:
  std::vector<int64_t> time_us_;
  std::vector<uint32_t> mask_;
  std::vector<std::vector<uint32_t>> values_;
  query::ActorEvents actor_;
};

// The seconds of the timed attempt of the only actor.
std::vector<int64_t> AttemptOf(const std::shared_ptr<const query::FunnelQuestion>& question,
                               const std::vector<FoldedEvent>& events) {
  FunnelFold fold(question);
  fold.Add(FoldedActor(events).events());
  std::vector<int64_t> seconds;
  for (const int64_t time : fold.times_us()) {
    seconds.push_back((time - absl::ToUnixMicros(question->scope.start)) / kSecond);
  }
  return seconds;
}

TEST(FunnelFoldTest, RunsFromTheLastEntryBeforeTheFirstCompletion) {
  EXPECT_THAT(
      AttemptOf(FoldedQuestion(), {{0, kA}, {5, kA}, {6, kB}, {7, kB}, {8, kA}, {9, kC}, {10, kB}, {11, kC}}),
      ElementsAre(5, 6, 9));
}

TEST(FunnelFoldTest, TheWindowIsInclusive) {
  EXPECT_THAT(AttemptOf(FoldedQuestion(), {{0, kA}, {3600, kB}}), ElementsAre(0, 3600));
  EXPECT_THAT(AttemptOf(FoldedQuestion(), {{0, kA}, {3601, kB}}), ElementsAre(0));
}

TEST(FunnelFoldTest, WhoDoesNotEnterInTheIntervalIsNobody) {
  EXPECT_THAT(AttemptOf(FoldedQuestion(), {{-1, kA}, {0, kB}, {2 * 86400, kA}}), IsEmpty());
}

TEST(FunnelFoldTest, EventsOfOneInstantServeInTheOrderOfTheSteps) {
  const std::vector<FoldedEvent> events = {{0, kC}, {0, kB}, {0, kA}};
  EXPECT_THAT(AttemptOf(FoldedQuestion(), events), ElementsAre(0, 0, 0));
  EXPECT_THAT(AttemptOf(FoldedQuestion("ties: FUNNEL_TIES_BY_EVENT_ORDER"), events), ElementsAre(0));
}

TEST(FunnelFoldTest, AnExclusionOfTheStepsOwnInstantComesBeforeIt) {
  const auto question = FoldedQuestion("exclusions { event_names: 'x' from_step: 1 to_step: 2 }");
  constexpr uint32_t kX = 8;
  EXPECT_THAT(AttemptOf(question, {{0, kX}, {0, kA}, {1, kB}, {2, kX}, {3, kC}}), ElementsAre(0, 1, 3));
  EXPECT_THAT(AttemptOf(question, {{0, kA}, {1, kB}, {1, kX}}), ElementsAre(0));
}

TEST(FunnelFoldTest, HeldValuesAreAttemptsOfTheirOwn) {
  const auto question = FoldedQuestion("hold_constant: 'cart'");
  EXPECT_THAT(AttemptOf(question, {{0, kA, {1}}, {1, kA, {2}}, {2, kB, {1}}, {3, kC, {2}}, {4, kC, {1}}}),
              ElementsAre(0, 2, 4));
  EXPECT_THAT(AttemptOf(question, {{0, kA, {0}}, {1, kB, {0}}}), IsEmpty());
}

TEST(FunnelFoldTest, StrictStepsAreNeighbours) {
  const auto question = FoldedQuestion("order: FUNNEL_ORDER_STRICT");
  EXPECT_THAT(AttemptOf(question, {{0, kA}, {1, kB}, {2, 0}, {3, kC}, {4, kA}, {5, kB}, {6, kC}}),
              ElementsAre(4, 5, 6));
}

TEST(FunnelFoldTest, UnorderedStepsFollowAnyEntry) {
  const auto question = FoldedQuestion("order: FUNNEL_ORDER_UNORDERED");
  EXPECT_THAT(AttemptOf(question, {{0, kC}, {1, kB}, {2, kB}, {3, kA}}), ElementsAre(0, 1, 3));
}

// Level, value and whether it is open, by actor.
std::vector<std::tuple<int, uint32_t, bool>> ActorsOf(const FunnelFold& fold) {
  std::vector<std::tuple<int, uint32_t, bool>> actors;
  for (const FunnelFold::Actor& actor : fold.actors()) {
    actors.emplace_back(actor.level, actor.value, actor.is_open);
  }
  return actors;
}

TEST(FunnelFoldTest, TheAttributionSaysWhoseValueAnActorHas) {
  const std::vector<FoldedEvent> events = {
      {0, kB, {1}}, {1, kA, {2}}, {2, kB, {3}}, {3, kB, {0}}, {4, kA, {4}}};
  const auto value = [&](const std::string& attribution) {
    FunnelFold fold(FoldedQuestion(
        absl::StrCat("breakdown { event_property: 'p' } attribution: FUNNEL_ATTRIBUTION_", attribution)));
    fold.Add(FoldedActor(events).events());
    return std::get<1>(ActorsOf(fold).at(0));
  };
  EXPECT_EQ(value("ENTRY"), 2);
  EXPECT_EQ(value("STEP attribution_step: 2"), 3);
  EXPECT_EQ(value("STEP attribution_step: 3"), FunnelFold::kNotReached);
  EXPECT_EQ(value("FIRST_TOUCH"), 1);
  EXPECT_EQ(value("LAST_TOUCH"), 4);
}

TEST(FunnelFoldTest, AnActorIsOpenWhileAnEntrysWindowIs) {
  const auto question = FoldedQuestion();
  auto seen = std::make_shared<query::FunnelQuestion>(*question);
  seen->scope.as_of = seen->scope.start + absl::Seconds(3600);
  FunnelFold fold(seen);
  fold.Add(FoldedActor({{0, kA}}).events());
  fold.Add(FoldedActor({{0, kA}, {1, kA}, {2, kB}}).events());
  fold.Add(FoldedActor({{1, kA}, {2, kB}, {3, kC}}).events());
  EXPECT_THAT(ActorsOf(fold), ElementsAre(std::make_tuple(1, 0, false), std::make_tuple(2, 0, true),
                                          std::make_tuple(3, 0, false)));
}

TEST(FunnelFoldTest, FoldsOfDisjointActorsAddUp) {
  const FunnelFold empty(FoldedQuestion("series { granularity: GRANULARITY_DAY to_step: 2 }"));
  FunnelFold one(empty);
  FunnelFold other(empty);
  one.Add(FoldedActor({{0, kA}, {1, kB}, {90'000, kA}}, 1).events());
  other.Add(FoldedActor({{90'000, kA}}, 2).events());
  FunnelFold moved(std::move(one));
  moved.Merge(other);
  ASSERT_EQ(moved.actors().size(), 2);
  EXPECT_EQ(moved.actors()[0].user_id, 1);
  EXPECT_EQ(moved.actors()[1].user_id, 2);
  EXPECT_EQ(moved.times_us().size(), 3);
  ASSERT_EQ(moved.buckets().size(), 2);
  EXPECT_EQ(moved.buckets()[0].reached_to, 1);
  EXPECT_EQ(moved.buckets()[1].entered, 2);
  EXPECT_EQ(moved.buckets()[1].reached_from, 2);
  EXPECT_EQ(moved.buckets()[1].reached_to, 0);
  EXPECT_THAT(empty.actors(), IsEmpty());
}

// What explains looks at every attempt; what counts has shorter ways.
TEST(FunnelFoldTest, CountsTheAttemptThatIsExplained) {
  Dice dice(RandomSeed());
  for (int trial = 0; trial < 20'000; ++trial) {
    const std::string options = dice.Pick(std::vector<std::string>{
        "", "", "hold_constant: 'h'", "exclusions { event_names: 'x' }", "ties: FUNNEL_TIES_BY_EVENT_ORDER",
        "order: FUNNEL_ORDER_STRICT", "order: FUNNEL_ORDER_UNORDERED"});
    const auto question = FoldedQuestion(options);
    const bool excludes = !question->exclusions.empty();
    std::vector<FoldedEvent> events(static_cast<size_t>(dice.Between(1, 12)));
    std::vector<query::FunnelWalkEvent> walked;
    int64_t second = dice.Between(-600, 2 * 86400);
    for (FoldedEvent& event : events) {
      second += dice.OneIn(8) ? dice.Between(0, 2000) : dice.Between(dice.OneIn(4) ? 0 : 1, 500);
      event = {second, uint32_t{1} << dice.Between(0, excludes ? 3 : 2), {}};
      if (!question->held.empty())
        event.values = {static_cast<uint32_t>(dice.OneIn(3) ? dice.Between(0, 2) : 1)};
      query::FunnelWalkEvent& explained = walked.emplace_back();
      explained.time = question->scope.start + absl::Seconds(event.second);
      explained.sequence = static_cast<int64_t>(walked.size());
      explained.steps = event.mask & 7;
      explained.exclusions = event.mask >> 3;
      for (const uint32_t value : event.values) {
        explained.held.push_back(value == 0 ? std::nullopt : std::optional(absl::StrCat(value)));
      }
    }
    const query::FunnelWalk walk = query::WalkFunnel(*question, walked);
    std::vector<int64_t> expected;
    for (const int place : walk.attempt) {
      expected.push_back(absl::ToInt64Seconds(walk.events[place].time - question->scope.start));
    }
    ASSERT_EQ(AttemptOf(question, events), expected) << options << " in trial " << trial;
  }
}

}  // namespace
}  // namespace donut::testing
