#include "cli/render/filter_text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/filter_expression.h"
#include "tests/support/random_seed.h"

namespace donut::cli {
namespace {

// What is read, written again.
std::string Again(const std::string& text) {
  const auto filter = ParseFilterExpression(text);
  return filter.ok() ? FilterText(*filter) : std::string(filter.status().message());
}

TEST(FilterTextTest, WritesTheLanguageOfWhere) {
  for (const char* text : {"plan = pro",
                           "plan != pro",
                           "price > 10",
                           "price >= 0.5",
                           "price < -1",
                           "price <= 1e+30",
                           "price between 10 and 20",
                           "plan in (pro, 7, true, \"true\")",
                           "url contains \"/pricing\"",
                           "email ~ \"@example\\.com$\"",
                           "coupon exists",
                           "coupon missing",
                           "not plan = pro",
                           "a = 1 and b = 2 or c = 3",
                           "a = 1 and (b = 2 or c = 3)",
                           "not (a = 1 or b = 2)",
                           "event = signup",
                           "`event` = signup",
                           "user.country = DE",
                           "user.`a b`->`c.d` exists",
                           "`a``b` = \"x\"\"y\"",
                           "a = 1 and (b = 2 and c = 3)",
                           "zip = \"01234\"",
                           "größe = ü"}) {
    EXPECT_EQ(Again(text), text);
  }
}

// A filter at random, of texts that are hard to write.
v1::Filter RandomFilter(std::mt19937_64& random, int depth) {
  const auto pick = [&random](int below) { return static_cast<int>(random() % below); };
  const char* const texts[] = {"plan", "event", "user.x", "a b", "`", "\"", "''",   "and", "not", "10", "",
                               "true", "->",    "a->b",   "ü",   "(", "in", "null", "\\",  "-1",  "x.y"};
  const auto text = [&] { return std::string(texts[pick(std::size(texts))]); };
  const auto key = [&] { return absl::StrCat(text(), pick(2) == 0 ? "k" : " "); };
  v1::Filter filter;
  const int kind = depth >= 4 ? 0 : pick(4);
  if (kind == 1) {
    *filter.mutable_not_() = RandomFilter(random, depth + 1);
    return filter;
  }
  if (kind > 1) {
    for (int i = 0; i < 2 + pick(2); ++i) {
      *(kind == 2 ? filter.add_all_of() : filter.add_any_of()) = RandomFilter(random, depth + 1);
    }
    return filter;
  }
  v1::FilterCondition& condition = *filter.mutable_condition();
  if (const int subject = pick(5); subject == 0) {
    condition.set_event_name(true);
  } else if (subject == 1) {
    condition.set_user_property(key());
  } else {
    condition.set_event_property(key());
    if (subject == 2) condition.add_nested_keys(key());
  }
  const auto set = [&](google::protobuf::Value& value) {
    switch (pick(3)) {
      case 0:
        return value.set_bool_value(pick(2) == 0);
      case 1:
        return value.set_number_value((pick(2'000'001) - 1'000'000) / 64.0);
      default:
        return value.set_string_value(text());
    }
  };
  switch (pick(6)) {
    case 0:
      set(*condition.mutable_equals());
      break;
    case 1:
      set(*condition.mutable_not_equals());
      break;
    case 2:
      set(*condition.mutable_in()->add_values());
      set(*condition.mutable_in()->add_values());
      break;
    case 3:
      set(*condition.mutable_between()->mutable_low());
      set(*condition.mutable_between()->mutable_high());
      break;
    case 4:
      condition.set_exists(pick(2) == 0);
      break;
    default:
      condition.set_regex(text());
  }
  return filter;
}

TEST(FilterTextTest, IsReadBackAsTheSameFilter) {
  const uint64_t seed = testing::RandomSeed();
  std::mt19937_64 random(seed);
  for (int i = 0; i < 5'000; ++i) {
    const v1::Filter filter = RandomFilter(random, 1);
    const std::string text = FilterText(filter);
    const auto again = ParseFilterExpression(text);
    ASSERT_TRUE(again.ok()) << text << ": " << again.status() << ", seed " << seed;
    ASSERT_EQ(again->DebugString(), filter.DebugString()) << text << ", seed " << seed;
  }
}

}  // namespace
}  // namespace donut::cli
