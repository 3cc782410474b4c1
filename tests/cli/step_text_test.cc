#include "cli/step_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace donut::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string StepRefusal(const std::string& text) { return std::string(ParseStep(text).status().message()); }

TEST(StepTextTest, ReadsNamesAnyOfThemAndAnyEvent) {
  EXPECT_THAT(ParseStep("signup")->event_names(), ElementsAre("signup"));
  EXPECT_THAT(ParseStep("signup | Order Completed")->event_names(), ElementsAre("signup", "Order Completed"));
  EXPECT_TRUE(ParseStep("*")->any_event());
  EXPECT_THAT(ParseStep("\"*\"")->event_names(), ElementsAre("*"));
  EXPECT_FALSE(ParseStep("signup")->has_filter());
}

TEST(StepTextTest, AQuotedNameMayHaveAnything) {
  EXPECT_THAT(ParseStep("\"a|b\"|`c[d]`|\"say \"\"hi\"\"\"")->event_names(),
              ElementsAre("a|b", "c[d]", "say \"hi\""));
}

TEST(StepTextTest, ReadsTheFilterInBrackets) {
  const auto step = ParseStep("purchase[price > 10 and note = \"]\"]");
  ASSERT_TRUE(step.ok());
  EXPECT_THAT(step->event_names(), ElementsAre("purchase"));
  EXPECT_EQ(step->filter().all_of(0).condition().greater().number_value(), 10);
  EXPECT_EQ(step->filter().all_of(1).condition().equals().string_value(), "]");
  EXPECT_TRUE(ParseStep("*[price > 10]")->any_event());
}

TEST(StepTextTest, PointsAtTheColumn) {
  EXPECT_EQ(StepRefusal(""), "column 1: expected the name of an event, or * for any");
  EXPECT_EQ(StepRefusal("a|"), "column 3: expected the name of an event, or * for any");
  EXPECT_EQ(StepRefusal("[a = 1]"), "column 1: expected the name of an event, or * for any");
  EXPECT_THAT(StepRefusal("buy[price >]"), HasSubstr("column 12: expected a value"));
  EXPECT_THAT(StepRefusal("buy[price > 1"), HasSubstr("not closed"));
  EXPECT_THAT(StepRefusal("buy]"), HasSubstr("column 4: ] without ["));
  EXPECT_THAT(StepRefusal("\"buy"), HasSubstr("column 1: the quote is never closed"));
  EXPECT_THAT(StepRefusal("\"buy\" now"), HasSubstr("column 7"));
  EXPECT_THAT(StepRefusal("a|*"), HasSubstr("column 3: * is any event already"));
}

TEST(StepTextTest, AnExclusionSaysBetweenWhichSteps) {
  const auto anywhere = ParseExclusion("refund");
  EXPECT_EQ(anywhere->from_step(), 0);
  EXPECT_EQ(anywhere->to_step(), 0);
  const auto between = ParseExclusion("refund|chargeback[amount > 5]@1-3");
  ASSERT_TRUE(between.ok());
  EXPECT_THAT(between->event_names(), ElementsAre("refund", "chargeback"));
  EXPECT_TRUE(between->has_filter());
  EXPECT_EQ(between->from_step(), 1);
  EXPECT_EQ(between->to_step(), 3);
  EXPECT_THAT(ParseExclusion("\"mail@1-3\"")->event_names(), ElementsAre("mail@1-3"));
  EXPECT_THAT(ParseExclusion("mail@home")->event_names(), ElementsAre("mail@home"));
}

TEST(StepTextTest, AnExclusionsRangeLeadsForward) {
  for (const char* text : {"refund@3-1", "refund@2", "refund@2-2", "refund@0-1", "refund@-"}) {
    EXPECT_THAT(std::string(ParseExclusion(text).status().message()),
                HasSubstr("column 7: expected two steps"));
  }
  EXPECT_THAT(std::string(ParseExclusion("*").status().message()), HasSubstr("cannot be excluded"));
}

}  // namespace
}  // namespace donut::cli
