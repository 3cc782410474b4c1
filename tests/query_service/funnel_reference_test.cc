// The funnel's oracle on the examples of its definition. What is compared with it can be no better than it.

#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/query_service/metric_test.h"
#include "tests/reference/funnel.h"
#include "tests/reference/funnel_histogram.h"
#include "tests/reference/json_text.h"

namespace donut::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FunnelReferenceTest : public ::testing::Test {
 protected:
  FunnelReferenceTest() {
    question_.start = At("2024-03-05 00:00:00");
    question_.end = question_.start + absl::Hours(24);
    question_.as_of = question_.start + absl::Hours(24 * 30);
    question_.window = absl::Hours(1);
  }

  // One event per letter, a minute apart; those in brackets at the same instant: "a(bc)d". In event order.
  void Add(const std::string& letters, const std::string& user = "ann",
           const std::map<std::string, std::string>& properties = {}) {
    bool same = false;
    for (const char letter : letters) {
      if (letter == '(') {
        same = true;
      } else if (letter == ')') {
        same = false;
        ++minute_;
      } else {
        HistoryEvent event;
        event.time = question_.start + absl::Minutes(same ? minute_ : minute_++);
        event.user = user;
        event.name = std::string(1, letter);
        event.sequence = static_cast<int64_t>(history_.events.size()) + 1;
        event.properties = properties;
        history_.events.push_back(event);
      }
    }
  }

  void Steps(const std::string& letters) {
    for (const char letter : letters) question_.steps.push_back({{std::string(1, letter)}});
  }

  void Exclude(const std::string& name, int from_step, int to_step) {
    ExclusionByDefinition exclusion;
    exclusion.names = {name};
    exclusion.from_step = from_step;
    exclusion.to_step = to_step;
    question_.exclusions.push_back(exclusion);
  }

  FunnelByDefinitionAnswer Answer() const { return FunnelByDefinition(history_, question_); }

  // The minutes of the first actor's timed attempt.
  std::vector<int64_t> Attempt() const {
    std::vector<int64_t> minutes;
    const FunnelByDefinitionAnswer answer = Answer();
    if (answer.each_actor.empty()) return minutes;
    for (const HistoryEvent& event : answer.each_actor[0].attempt) {
      minutes.push_back(absl::ToInt64Minutes(event.time - question_.start));
    }
    return minutes;
  }

  History history_;
  FunnelByDefinitionQuestion question_;
  int minute_ = 0;
};

TEST_F(FunnelReferenceTest, TakesTheLastEntryBeforeTheFirstCompletion) {
  Steps("ab");
  Add("aabab");
  EXPECT_THAT(Attempt(), ElementsAre(1, 2));
}

TEST_F(FunnelReferenceTest, ExclusionBetweenFirstAndThirdLeavesTheSecond) {
  Steps("abc");
  Exclude("x", 1, 3);
  Add("abxc");
  EXPECT_THAT(Attempt(), ElementsAre(0, 1));
}

TEST_F(FunnelReferenceTest, ExclusionAtTheTimeOfTheLaterStepIsBetweenAndOfTheEarlierIsNot) {
  Steps("ab");
  Exclude("x", 1, 2);
  Add("(ax)b");
  EXPECT_THAT(Attempt(), ElementsAre(0, 1));
  history_ = {};
  Add("a(bx)");
  EXPECT_THAT(Attempt(), ElementsAre(2));
}

TEST_F(FunnelReferenceTest, ExclusionThatIsALaterStepExcludesWhereItIsNone) {
  Steps("abc");
  Exclude("c", 1, 2);
  Add("acbc");
  EXPECT_THAT(Attempt(), ElementsAre(0));
}

TEST_F(FunnelReferenceTest, ReturnAtTheSameInstantIsNotSeenByStep) {
  Steps("aba");
  Add("(aba)");
  EXPECT_THAT(Attempt(), ElementsAre(0, 0));
  question_.ties_by_event_order = true;
  EXPECT_THAT(Attempt(), ElementsAre(0, 0, 0));
}

TEST_F(FunnelReferenceTest, StepsOfOneInstantServeInTheOrderThatHelps) {
  Steps("ab");
  Add("(ba)");
  EXPECT_THAT(Attempt(), ElementsAre(0, 0));
  question_.ties_by_event_order = true;
  EXPECT_THAT(Attempt(), ElementsAre(0));
}

TEST_F(FunnelReferenceTest, StrictBreaksAtAnyOtherEvent) {
  Steps("abc");
  question_.order = v1::FUNNEL_ORDER_STRICT;
  Add("abxcab");
  EXPECT_THAT(Attempt(), ElementsAre(0, 1));
  Add("c");
  EXPECT_THAT(Attempt(), ElementsAre(4, 5, 6));
}

TEST_F(FunnelReferenceTest, StrictIsInterruptedByAnotherHeldValueAndNotByNone) {
  Steps("ab");
  question_.order = v1::FUNNEL_ORDER_STRICT;
  question_.held = {"p"};
  Add("a", "ann", {{"p", "1"}});
  Add("x", "ann", {{"p", "null"}});
  Add("b", "ann", {{"p", "\"1\""}});
  EXPECT_THAT(Attempt(), ElementsAre(0, 2));
  history_ = {};
  Add("a", "ann", {{"p", "1"}});
  Add("x", "ann", {{"p", "2"}});
  Add("b", "ann", {{"p", "1"}});
  EXPECT_THAT(Attempt(), ElementsAre(3));
}

TEST_F(FunnelReferenceTest, HeldValuesMustAgreeInExclusionsToo) {
  Steps("ab");
  question_.held = {"p"};
  Exclude("x", 1, 2);
  Add("a", "ann", {{"p", "1"}});
  Add("x", "ann", {{"p", "2"}});
  Add("b", "ann", {{"p", "1"}});
  EXPECT_THAT(Attempt(), ElementsAre(0, 2));
}

TEST_F(FunnelReferenceTest, UnorderedEntersAnywhereAndCountsWhatFollowsTheEntry) {
  Steps("abc");
  question_.order = v1::FUNNEL_ORDER_UNORDERED;
  Add("cab");
  EXPECT_THAT(Attempt(), ElementsAre(0, 1, 2));
  question_.window = absl::Minutes(1);
  EXPECT_THAT(Attempt(), ElementsAre(0, 1));
}

TEST_F(FunnelReferenceTest, UnorderedEventCountsForTheMostSpecificStepAlone) {
  Steps("aa");
  question_.steps[1].passes = [](const HistoryEvent& event) { return event.properties.count("p") > 0; };
  question_.steps[1].conditions = 1;
  question_.order = v1::FUNNEL_ORDER_UNORDERED;
  Add("aa", "ann", {{"p", "1"}});
  EXPECT_THAT(Answer().actors, ElementsAre(1, 0));
  Add("a");
  EXPECT_THAT(Answer().actors, ElementsAre(1, 1));
}

TEST_F(FunnelReferenceTest, IntervalBoundsEveryStepWhereAsked) {
  Steps("ab");
  Add("a");
  minute_ = 24 * 60;
  Add("b");
  question_.window = absl::Hours(24);
  EXPECT_THAT(Attempt(), ElementsAre(0, 24 * 60));
  question_.all_steps = true;
  EXPECT_THAT(Attempt(), ElementsAre(0));
}

TEST_F(FunnelReferenceTest, EveryActorIsInOneRow) {
  Steps("ab");
  question_.breakdown.set_event_property("p");
  question_.breakdown.set_limit(1);
  Add("ab", "ann", {{"p", "1"}});
  Add("a", "bob", {{"p", "\"1\""}});
  Add("a", "cat", {{"p", "2"}});
  Add("a", "dan");
  FunnelByDefinitionAnswer answer = Answer();
  ASSERT_EQ(answer.rows.size(), 3);
  EXPECT_EQ(answer.rows[0].value.text(), "1");
  EXPECT_THAT(answer.rows[0].counts.actors, ElementsAre(2, 1));
  EXPECT_TRUE(answer.rows[1].value.other());
  EXPECT_TRUE(answer.rows[2].value.none());
  EXPECT_EQ(answer.value_count, 2);
  question_.attribution = v1::FUNNEL_ATTRIBUTION_STEP;
  question_.attribution_step = 2;
  answer = Answer();
  ASSERT_EQ(answer.rows.size(), 2);
  EXPECT_THAT(answer.rows[0].counts.actors, ElementsAre(1, 1));
  EXPECT_TRUE(answer.rows[1].value.not_reached());
  EXPECT_THAT(answer.rows[1].counts.actors, ElementsAre(3, 0));
}

TEST_F(FunnelReferenceTest, SeriesCountsAnActorInEachBucketOfItsEntries) {
  Steps("ab");
  Add("ab");
  minute_ = 60;
  Add("a");
  for (int hour = 0; hour < 2; ++hour) {
    question_.series_buckets.push_back(
        {question_.start + absl::Hours(hour), question_.start + absl::Hours(hour + 1)});
  }
  question_.series_to_step = 2;
  const FunnelByDefinitionAnswer answer = Answer();
  EXPECT_EQ(answer.series[0].to, 1);
  EXPECT_EQ(answer.series[1].from, 1);
  EXPECT_EQ(answer.series[1].to, 0);
}

TEST_F(FunnelReferenceTest, HistogramPutsTheLongestIntoTheLastBin) {
  v1::HistogramBins bins;
  bins.set_count(2);
  const std::vector<v1::HistogramBin> histogram =
      HistogramByDefinition(bins, {absl::Seconds(0), absl::Seconds(5), absl::Seconds(10)});
  ASSERT_EQ(histogram.size(), 2);
  EXPECT_EQ(histogram[0].count(), 1);
  EXPECT_EQ(histogram[1].count(), 2);
  EXPECT_THAT(HistogramByDefinition(bins, {}), IsEmpty());
}

TEST_F(FunnelReferenceTest, ValuesHaveTheTextThatPostgresPrints) {
  const auto text = [](const std::string& json) { return JsonText({{"p", json}}, "p").value_or("none"); };
  EXPECT_EQ(text("1e15"), "1000000000000000");
  EXPECT_EQ(text("-0.0"), "0.0");
  EXPECT_EQ(text("1e-7"), "0.0000001");
  EXPECT_EQ(text("{\"bb\":[1,\"a\"],\"c\":null}"), "{\"c\": null, \"bb\": [1, \"a\"]}");
  EXPECT_EQ(text("\"a\\\"b\""), "a\"b");
  EXPECT_EQ(text("null"), "none");
}

}  // namespace
}  // namespace donut::testing
