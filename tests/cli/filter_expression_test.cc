#include "cli/filter_expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"

namespace donut::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// The filter in one line.
std::string ParsedFilter(const std::string& text) {
  const auto filter = ParseFilterExpression(text);
  if (!filter.ok()) return std::string(filter.status().message());
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  std::string line;
  printer.PrintToString(*filter, &line);
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

std::string FilterRefusal(const std::string& text) {
  const auto filter = ParseFilterExpression(text);
  return filter.ok() ? "" : std::string(filter.status().message());
}

TEST(FilterExpressionTest, ReadsEveryTest) {
  EXPECT_EQ(ParsedFilter("plan = pro"),
            R"(condition { event_property: "plan" equals { string_value: "pro" } })");
  EXPECT_EQ(ParsedFilter("plan != pro"),
            R"(condition { event_property: "plan" not_equals { string_value: "pro" } })");
  EXPECT_EQ(ParsedFilter("price>10"),
            R"(condition { event_property: "price" greater { number_value: 10 } })");
  EXPECT_EQ(ParsedFilter("price >= -1.5e3"),
            R"(condition { event_property: "price" greater_or_equal { number_value: -1500 } })");
  EXPECT_EQ(ParsedFilter("price < 10"), R"(condition { event_property: "price" less { number_value: 10 } })");
  EXPECT_EQ(ParsedFilter("price<=10"),
            R"(condition { event_property: "price" less_or_equal { number_value: 10 } })");
  EXPECT_EQ(
      ParsedFilter("price between 10 and 20"),
      R"(condition { event_property: "price" between { low { number_value: 10 } high { number_value: 20 } } })");
  EXPECT_EQ(
      ParsedFilter("plan in (pro, 7)"),
      R"(condition { event_property: "plan" in { values { string_value: "pro" } values { number_value: 7 } } })");
  EXPECT_EQ(ParsedFilter("url contains \"/pricing\""),
            R"(condition { event_property: "url" contains { string_value: "/pricing" } })");
  EXPECT_EQ(ParsedFilter("coupon exists"), R"(condition { event_property: "coupon" exists: true })");
  EXPECT_EQ(ParsedFilter("coupon missing"), R"(condition { event_property: "coupon" exists: false })");
}

TEST(FilterExpressionTest, ARegularExpressionKeepsItsBackslashes) {
  const auto filter = ParseFilterExpression(R"(email ~ "@example\.com$")");
  ASSERT_TRUE(filter.ok());
  EXPECT_EQ(filter->condition().regex(), R"(@example\.com$)");
  EXPECT_EQ(ParseFilterExpression("plan ~ ^pro")->condition().regex(), "^pro");
  EXPECT_EQ(ParseFilterExpression("plan ~ 12")->condition().regex(), "12");
}

TEST(FilterExpressionTest, TellsTheSubjectsApart) {
  EXPECT_THAT(ParsedFilter("event = signup"), StartsWith("condition { event_name: true "));
  EXPECT_THAT(ParsedFilter("\"event\" = signup"), StartsWith("condition { event_property: \"event\" "));
  EXPECT_THAT(ParsedFilter("user.country = DE"), StartsWith("condition { user_property: \"country\" "));
  EXPECT_THAT(ParsedFilter("`user.country` = DE"),
              StartsWith("condition { event_property: \"user.country\" "));
  EXPECT_THAT(ParsedFilter("user.\"signup date\" exists"),
              StartsWith("condition { user_property: \"signup date\" "));
  EXPECT_THAT(ParsedFilter("user.\"a.b\" exists"), StartsWith("condition { user_property: \"a.b\" "));
  EXPECT_THAT(ParsedFilter("user = ada"), StartsWith("condition { event_property: \"user\" "));
  EXPECT_EQ(
      ParsedFilter("address->city = Berlin"),
      R"(condition { event_property: "address" nested_keys: "city" equals { string_value: "Berlin" } })");
  EXPECT_EQ(ParsedFilter("user.address->`post code` exists"),
            R"(condition { user_property: "address" nested_keys: "post code" exists: true })");
  EXPECT_THAT(ParsedFilter("größe = 1"), HasSubstr("event_property"));
  EXPECT_THAT(ParsedFilter("`a``b` = 1"), StartsWith("condition { event_property: \"a`b\" "));
}

TEST(FilterExpressionTest, AKeyCalledAsAKeywordIsQuoted) {
  EXPECT_THAT(ParsedFilter("`not` = 1"), StartsWith("condition { event_property: \"not\" "));
  EXPECT_THAT(FilterRefusal("and = 1"), HasSubstr("column 1: expected a property"));
  EXPECT_THAT(ParsedFilter("exists exists"), StartsWith("condition { event_property: \"exists\" "));
  EXPECT_THAT(ParsedFilter("in in (1)"), StartsWith("condition { event_property: \"in\" "));
}

TEST(FilterExpressionTest, ValuesHaveTheTypesOfJson) {
  EXPECT_THAT(ParsedFilter("a = true"), HasSubstr("bool_value: true"));
  EXPECT_THAT(ParsedFilter("a = \"true\""), HasSubstr("string_value: \"true\""));
  EXPECT_THAT(ParsedFilter("a = 'it''s'"), HasSubstr("string_value: \"it\\'s\""));
  EXPECT_THAT(ParsedFilter("a = \"10\""), HasSubstr("string_value: \"10\""));
  EXPECT_THAT(ParsedFilter("zip = 01234"), HasSubstr("string_value: \"01234\""));
  EXPECT_THAT(ParsedFilter("day = 2024-01-31"), HasSubstr("string_value: \"2024-01-31\""));
  EXPECT_THAT(ParsedFilter("a = \"\""), HasSubstr("string_value: \"\""));
  EXPECT_THAT(FilterRefusal("a = null"), HasSubstr("column 5: null is no value"));
  EXPECT_THAT(FilterRefusal("a = 9007199254740993"), HasSubstr("beyond 2^53"));
  EXPECT_THAT(FilterRefusal("a = 1e999"), HasSubstr("out of the range"));
}

TEST(FilterExpressionTest, NotBindsClosestThenAndThenOr) {
  EXPECT_EQ(ParsedFilter("a exists or b exists and not c exists"),
            R"(any_of { condition { event_property: "a" exists: true } } any_of { )"
            R"(all_of { condition { event_property: "b" exists: true } } )"
            R"(all_of { not { condition { event_property: "c" exists: true } } } })");
  EXPECT_EQ(ParsedFilter("(a exists OR b exists) AND c exists"),
            R"(all_of { any_of { condition { event_property: "a" exists: true } } )"
            R"(any_of { condition { event_property: "b" exists: true } } } )"
            R"(all_of { condition { event_property: "c" exists: true } })");
  EXPECT_EQ(ParsedFilter("plan not in (a)"), ParsedFilter("not plan in (a)"));
  EXPECT_EQ(ParsedFilter("p not between 1 and 2 and q exists"),
            ParsedFilter("(not p between 1 and 2) and q exists"));
  EXPECT_EQ(ParsedFilter("((a = 1))"), ParsedFilter("a = 1"));
}

TEST(FilterExpressionTest, PointsAtTheColumnAndSaysWhatWasExpected) {
  EXPECT_EQ(FilterRefusal(""),
            "column 1: expected a property such as plan, user.country, address->city, or event, not the end");
  EXPECT_EQ(FilterRefusal("price > )"),
            "column 9: expected a value such as 10, true, pro or \"some text\", not )");
  EXPECT_EQ(FilterRefusal("größe >"),
            "column 8: expected a value such as 10, true, pro or \"some text\", not the end");
  EXPECT_THAT(FilterRefusal("price is 10"), HasSubstr("column 7: expected =, !=, <"));
  EXPECT_THAT(FilterRefusal("price == 10"), HasSubstr("column 8: expected a value"));
  EXPECT_EQ(FilterRefusal("a = 1 b = 2"), "column 7: expected \"and\", \"or\" or the end, not b");
  EXPECT_EQ(FilterRefusal("(a = 1"), "column 7: expected \"and\", \"or\" or ), not the end");
  EXPECT_EQ(FilterRefusal("a = \"x"), "column 5: the quote \" is never closed");
  EXPECT_THAT(FilterRefusal("a in (1, )"), HasSubstr("column 10: expected a value"));
  EXPECT_THAT(FilterRefusal("a in 1"), HasSubstr("column 6: expected ("));
  EXPECT_THAT(FilterRefusal("a between 1 or 2"), HasSubstr("column 13: expected \"and\" and the upper end"));
  EXPECT_THAT(FilterRefusal("a not exists"), HasSubstr("column 7: expected in, contains or between"));
  EXPECT_THAT(FilterRefusal("a ~ ="), HasSubstr("column 5: expected a regular expression"));
  EXPECT_THAT(FilterRefusal("order.total > 1"),
              HasSubstr("column 1: a key with a dot is quoted, such as `order.total`"));
  EXPECT_THAT(FilterRefusal("user.a.b > 1"), HasSubstr("`a.b`"));
  EXPECT_THAT(FilterRefusal("user. a = 1"), HasSubstr("a user's property"));
  EXPECT_THAT(FilterRefusal("'plan' = pro"), HasSubstr("column 1: expected a property"));
  EXPECT_THAT(FilterRefusal("a->-> = 1"), HasSubstr("column 4"));
  EXPECT_THAT(FilterRefusal("`` = 1"), HasSubstr("not empty"));
}

TEST(FilterExpressionTest, CountsColumnsFromWhereItIsToldTo) {
  const auto filter = ParseFilterExpression("a =", 10);
  EXPECT_THAT(std::string(filter.status().message()), HasSubstr("column 13"));
}

TEST(FilterExpressionTest, ADeepOneIsRefusedNotRecursedInto) {
  const std::string deep(100'000, '(');
  EXPECT_THAT(FilterRefusal(absl::StrCat(deep, "a = 1")), HasSubstr("more than 40 deep"));
  std::string nots;
  for (int i = 0; i < 100'000; ++i) nots += "not ";
  EXPECT_THAT(FilterRefusal(absl::StrCat(nots, "a = 1")), HasSubstr("more than 40 deep"));
  EXPECT_EQ(FilterRefusal(absl::StrCat(std::string(40, '('), "a = 1", std::string(40, ')'))), "");
  // Beside each other they are not deep.
  std::string wide = "(a = 1)";
  for (int i = 0; i < 1'000; ++i) wide += " and (a = 1)";
  EXPECT_EQ(FilterRefusal(wide), "");
}

TEST(FilterExpressionTest, ABreakdownIsASubjectAlone) {
  EXPECT_EQ(ParseBreakdown("plan")->event_property(), "plan");
  EXPECT_EQ(ParseBreakdown("user.country")->user_property(), "country");
  EXPECT_TRUE(ParseBreakdown("event")->event_name());
  EXPECT_EQ(ParseBreakdown("`utm source`")->event_property(), "utm source");
  EXPECT_EQ(ParseBreakdown("address->city")->nested_keys(0), "city");
  EXPECT_THAT(std::string(ParseBreakdown("plan = pro").status().message()), HasSubstr("column 6"));
}

}  // namespace
}  // namespace donut::cli
