#include "query_service/event_filter.h"

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

v1::Filter ParsedFilter(const std::string& text) {
  v1::Filter filter;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &filter)) << text;
  return filter;
}

absl::StatusOr<query::EventFilter> ResolveScopeFilter(const v1::Filter& filter) {
  return query::ResolveFilter(filter, "scope.filter");
}

constexpr char kFine[] = "condition { event_name: true exists: true }";

// A condition within `depth - 1` negations.
v1::Filter Nested(int depth) {
  v1::Filter filter = ParsedFilter(kFine);
  for (int i = 1; i < depth; ++i) {
    v1::Filter outer;
    *outer.mutable_not_() = filter;
    filter = outer;
  }
  return filter;
}

struct FilterRefusal {
  std::string filter;
  std::string field;
  std::string rule;
};

std::string OfP(const std::string& test) { return "condition { event_property: 'p' " + test + " }"; }

TEST(EventFilterTest, RefusesWithThePlaceAndTheRule) {
  const std::string long_key(256, 'x');
  std::string values_1001, conditions_101;
  for (int i = 0; i < 1001; ++i) absl::StrAppend(&values_1001, "values { number_value: ", i, " } ");
  for (int i = 0; i < 101; ++i) absl::StrAppend(&conditions_101, "any_of { ", kFine, " } ");
  const std::string fine_part = absl::StrCat("all_of { ", kFine, " } ");
  const std::vector<FilterRefusal> refusals = {
      {"", "scope.filter:", "exactly one of"},
      {absl::StrCat(fine_part, "any_of { ", kFine, " }"), "scope.filter:", "exactly one of"},
      {absl::StrCat(fine_part, "all_of { }"), "scope.filter.all_of[1]:", "exactly one of"},
      {absl::StrCat(fine_part, fine_part, "all_of { ", OfP("regex: '" + std::string(201, 'x') + "'"), " }"),
       "scope.filter.all_of[2].condition.regex:", "at most 200 bytes"},
      {"not { any_of { condition { } } }", "scope.filter.not.any_of[0].condition:", "must have one of"},
      {conditions_101, "scope.filter.any_of[100].condition:", "at most 100 conditions"},
      {"condition { exists: true }", "condition:", "event_property"},
      {OfP(""), "condition:", "must have a test"},
      {"condition { event_property: '' exists: true }", "condition.event_property:", "empty"},
      {"condition { user_property: '' exists: true }", "condition.user_property:", "empty"},
      {"condition { user_property: '" + long_key + "' exists: true }", "user_property:", "255 bytes"},
      {"condition { user_property: 'a\\000b' exists: true }", "user_property:", "NUL"},
      {"condition { event_name: false exists: true }", "condition.event_name:", "must be true"},
      {"condition { event_name: true nested_keys: 'x' exists: true }", "nested_keys:", "must be empty"},
      {OfP("nested_keys: 'x' nested_keys: '' exists: true"), "nested_keys[1]:", "empty"},
      {OfP("nested_keys: ['1', '2', '3', '4', '5'] exists: true"), "nested_keys:", "at most 4"},
      {OfP("equals { }"), "condition.equals:", "a text, a number, true or false"},
      {OfP("equals { null_value: NULL_VALUE }"), "condition.equals:", "for null: exists"},
      {OfP("not_equals { list_value { } }"), "condition.not_equals:", "a text, a number"},
      {OfP("contains { struct_value { } }"), "condition.contains:", "a text, a number"},
      {OfP("equals { number_value: nan }"), "condition.equals:", "finite"},
      {OfP("less { number_value: -inf }"), "condition.less:", "finite"},
      {OfP("equals { string_value: '" + std::string(8193, 'x') + "' }"), "equals:", "at most 8192 bytes"},
      {OfP("contains { string_value: 'a\\000b' }"), "contains:", "NUL"},
      {OfP("regex: 'a\\000b'"), "regex:", "NUL"},
      {OfP("greater { bool_value: true }"), "condition.greater:", "a text or a number"},
      {OfP("greater_or_equal { bool_value: true }"), "greater_or_equal:", "a text or a number"},
      {OfP("less { bool_value: true }"), "condition.less:", "a text or a number"},
      {OfP("less_or_equal { bool_value: true }"), "less_or_equal:", "a text or a number"},
      {OfP("in { }"), "condition.in:", "1 to 1000 values"},
      {OfP("in { " + values_1001 + " }"), "condition.in:", "1 to 1000 values"},
      {OfP("in { values { number_value: 1 } values { } }"), "condition.in[1]:", "a text, a number"},
      {OfP("between { low { number_value: 1 } }"), "between.high:", "a text or a number"},
      {OfP("between { high { number_value: 1 } }"), "between.low:", "a text or a number"},
      {OfP("between { low { number_value: 1 } high { string_value: '2' } }"), "between:", "two numbers"},
      {OfP("between { low { number_value: 2 } high { number_value: 1 } }"), "between:", "not above"},
      {OfP("between { low { string_value: 'b' } high { string_value: 'a' } }"), "between:", "not above"},
  };
  for (const FilterRefusal& refusal : refusals) {
    EXPECT_THAT(ResolveScopeFilter(ParsedFilter(refusal.filter)),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr("scope.filter"), HasSubstr(refusal.field), HasSubstr(refusal.rule))))
        << refusal.filter;
  }
}

TEST(EventFilterTest, RefusesNestingBeyondItsDepth) {
  EXPECT_OK(ResolveScopeFilter(Nested(10)));
  EXPECT_THAT(ResolveScopeFilter(Nested(11)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("10 deep")));
  EXPECT_THAT(ResolveScopeFilter(Nested(1000)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("10 deep")));
}

TEST(EventFilterTest, TakesTheLimitsThemselves) {
  std::string conditions_100, values_1000;
  for (int i = 0; i < 100; ++i) absl::StrAppend(&conditions_100, "any_of { ", kFine, " } ");
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&values_1000, "values { number_value: ", i, " } ");
  EXPECT_OK(ResolveScopeFilter(ParsedFilter(conditions_100)));
  EXPECT_OK(ResolveScopeFilter(ParsedFilter(OfP("in { " + values_1000 + " }"))));
  EXPECT_OK(ResolveScopeFilter(ParsedFilter(OfP("regex: '" + std::string(200, 'x') + "'"))));
  EXPECT_OK(
      ResolveScopeFilter(ParsedFilter(OfP("equals { string_value: '" + std::string(8192, 'x') + "' }"))));
  EXPECT_OK(ResolveScopeFilter(ParsedFilter(OfP("nested_keys: ['1', '2', '3', '4'] exists: false"))));
  EXPECT_OK(
      ResolveScopeFilter(ParsedFilter(OfP("between { low { number_value: 1 } high { number_value: 1 } }"))));
  EXPECT_OK(ResolveScopeFilter(
      ParsedFilter("condition { user_property: '" + std::string(255, 'x') + "' exists: true }")));
}

TEST(EventFilterTest, SaysWhatTheDatabaseHasToCheckAndToRead) {
  const auto filter =
      ResolveScopeFilter(ParsedFilter(R"(all_of { condition { event_property: 'p' regex: 'a' } }
      all_of { not { condition { user_property: 'p' regex: '(' } } })"));
  ASSERT_OK(filter);
  ASSERT_EQ(filter->regexes.size(), 2u);
  EXPECT_EQ(filter->regexes[1].field, "scope.filter.all_of[1].not.condition.regex");
  EXPECT_EQ(filter->regexes[1].text, "(");
  EXPECT_TRUE(filter->reads_users);
  EXPECT_FALSE(filter->empty());
  EXPECT_FALSE(ResolveScopeFilter(ParsedFilter(kFine))->reads_users);
}

}  // namespace
}  // namespace donut::testing
