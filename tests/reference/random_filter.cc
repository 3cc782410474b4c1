#include "tests/reference/random_filter.h"

#include <map>
#include <string>
#include <vector>

namespace donut::testing {
namespace {

using google::protobuf::Value;

// Values that the properties have, and their neighbours. Texts that look like numbers; capitals,
// which C sorts before small letters; the double that 17 digits write differently.
Value MakeRandomValue(Dice& dice) {
  static const auto& texts = *new std::vector<std::string>{"", "1", "a", "B", "ab", "b", "true", "é", "_"};
  static const auto& numbers =
      *new std::vector<double>{0, 1, -1, 2, 0.1, 0.7999999999999999, 1e15, 9007199254740991.0};
  Value value;
  const int64_t type = dice.Between(1, 5);
  if (type == 1) {
    value.set_bool_value(dice.OneIn(2));
  } else if (type <= 3) {
    value.set_string_value(dice.Pick(texts));
  } else {
    value.set_number_value(dice.Pick(numbers));
  }
  return value;
}

Value MakeRandomOrdered(Dice& dice) {
  for (;;) {
    Value value = MakeRandomValue(dice);
    if (!value.has_bool_value()) return value;
  }
}

v1::FilterRange MakeRandomRange(Dice& dice) {
  for (;;) {
    v1::FilterRange range;
    *range.mutable_low() = MakeRandomOrdered(dice);
    *range.mutable_high() = MakeRandomOrdered(dice);
    if (range.low().kind_case() != range.high().kind_case()) continue;
    if (range.low().has_string_value() ? range.low().string_value() <= range.high().string_value()
                                       : range.low().number_value() <= range.high().number_value()) {
      return range;
    }
  }
}

void SetRandomTest(Dice& dice, v1::FilterCondition& condition) {
  // Those that mean the same in both kinds of regular expressions.
  static const auto& regexes =
      *new std::vector<std::string>{"", "^a", "b$", "^(a|B)b?$", "[0-9]", "^$", "t.*e", "a{2}", "[^a]"};
  switch (dice.Between(1, 11)) {
    case 1:
      *condition.mutable_equals() = MakeRandomValue(dice);
      break;
    case 2:
      *condition.mutable_not_equals() = MakeRandomValue(dice);
      break;
    case 3:
      for (int64_t i = dice.Between(1, 4); i > 0; --i) {
        *condition.mutable_in()->add_values() = MakeRandomValue(dice);
      }
      break;
    case 4:
      *condition.mutable_contains() = MakeRandomValue(dice);
      break;
    case 5:
      *condition.mutable_greater() = MakeRandomOrdered(dice);
      break;
    case 6:
      *condition.mutable_greater_or_equal() = MakeRandomOrdered(dice);
      break;
    case 7:
      *condition.mutable_less() = MakeRandomOrdered(dice);
      break;
    case 8:
      *condition.mutable_less_or_equal() = MakeRandomOrdered(dice);
      break;
    case 9:
      *condition.mutable_between() = MakeRandomRange(dice);
      break;
    case 10:
      condition.set_exists(dice.OneIn(2));
      break;
    default:
      condition.set_regex(dice.Pick(regexes));
  }
}

v1::FilterCondition MakeRandomCondition(Dice& dice) {
  v1::FilterCondition condition;
  const int64_t subject = dice.Between(1, 7);
  if (subject == 1) {
    condition.set_event_name(true);
  } else if (subject <= 3) {
    condition.set_user_property(dice.OneIn(2) ? "p" : "q");
  } else {
    condition.set_event_property(dice.OneIn(4) ? "q" : "p");
  }
  if (subject > 1 && dice.OneIn(4)) condition.add_nested_keys(std::string(1, dice.OneIn(3) ? '0' : 'x'));
  SetRandomTest(dice, condition);
  return condition;
}

std::string MakeRandomJson(Dice& dice) {
  static const auto& texts = *new std::vector<std::string>{"null",
                                                           "true",
                                                           "false",
                                                           "0",
                                                           "-0",
                                                           "1",
                                                           "1.0",
                                                           "2",
                                                           "0.1",
                                                           "-1",
                                                           "1e15",
                                                           "0.7999999999999999",
                                                           "\"\"",
                                                           "\"1\"",
                                                           "\"a\"",
                                                           "\"B\"",
                                                           "\"ab\"",
                                                           "\"true\"",
                                                           "\"\\u00e9\"",
                                                           "\"aa_\"",
                                                           "[]",
                                                           "[1, \"a\"]",
                                                           "[[1], true]",
                                                           "{}",
                                                           "{\"x\": 1}",
                                                           "{\"x\": \"a\"}",
                                                           "{\"x\": null}",
                                                           "{\"0\": true}"};
  return dice.Pick(texts);
}

}  // namespace

v1::Filter MakeRandomFilter(Dice& dice, int most_depth) {
  v1::Filter filter;
  const int64_t kind = most_depth == 1 ? 1 : dice.Between(1, 5);
  if (kind <= 2) {
    *filter.mutable_condition() = MakeRandomCondition(dice);
  } else if (kind == 3) {
    *filter.mutable_not_() = MakeRandomFilter(dice, most_depth - 1);
  } else {
    for (int64_t i = dice.Between(1, 3); i > 0; --i) {
      v1::Filter& part = kind == 4 ? *filter.add_all_of() : *filter.add_any_of();
      part = MakeRandomFilter(dice, most_depth - 1);
    }
  }
  return filter;
}

void AddRandomProperties(Dice& dice, History& history) {
  for (HistoryEvent& event : history.events) {
    if (!dice.OneIn(4)) event.properties["p"] = MakeRandomJson(dice);
    if (dice.OneIn(3)) event.properties["q"] = MakeRandomJson(dice);
    if (history.user_properties.count(event.user) > 0) continue;
    std::map<std::string, std::string>& properties = history.user_properties[event.user];
    if (!dice.OneIn(3)) properties["p"] = MakeRandomJson(dice);
    if (dice.OneIn(3)) properties["q"] = MakeRandomJson(dice);
  }
}

}  // namespace donut::testing
