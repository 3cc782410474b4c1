#include "tests/reference/filter.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>

namespace donut::testing {
namespace {

using google::protobuf::Value;
using nlohmann::json;

// What a condition is about; nothing where it is not there or null.
std::optional<json> Subject(const v1::FilterCondition& condition, const HistoryEvent& event,
                            const History& history) {
  if (condition.event_name()) return json(event.name);
  const std::map<std::string, std::string>* properties = &event.properties;
  std::string key = condition.event_property();
  if (condition.subject_case() == v1::FilterCondition::kUserProperty) {
    const auto user = history.user_properties.find(event.user);
    if (user == history.user_properties.end()) return std::nullopt;
    properties = &user->second;
    key = condition.user_property();
  }
  const auto found = properties->find(key);
  if (found == properties->end()) return std::nullopt;
  json value = json::parse(found->second);
  for (const std::string& nested : condition.nested_keys()) {
    if (!value.is_object() || !value.contains(nested)) return std::nullopt;
    value = json(value[nested]);
  }
  if (value.is_null()) return std::nullopt;
  return value;
}

bool IsEqual(const json& value, const Value& to) {
  if (value.is_string()) return to.has_string_value() && value.get<std::string>() == to.string_value();
  if (value.is_number()) return to.has_number_value() && value.get<double>() == to.number_value();
  if (value.is_boolean()) return to.has_bool_value() && value.get<bool>() == to.bool_value();
  return false;
}

// Below 0: the value is less. Nothing when the types differ.
std::optional<int> Compare(const json& value, const Value& to) {
  if (value.is_string() && to.has_string_value()) return value.get<std::string>().compare(to.string_value());
  if (!value.is_number() || !to.has_number_value()) return std::nullopt;
  const double number = value.get<double>();
  return number < to.number_value() ? -1 : number > to.number_value() ? 1 : 0;
}

bool Contains(const json& value, const Value& what) {
  if (value.is_array()) {
    return std::any_of(value.begin(), value.end(), [&](const json& one) { return IsEqual(one, what); });
  }
  return value.is_string() && what.has_string_value() &&
         value.get<std::string>().find(what.string_value()) != std::string::npos;
}

bool Passes(const v1::FilterCondition& condition, const HistoryEvent& event, const History& history) {
  const std::optional<json> value = Subject(condition, event, history);
  switch (condition.test_case()) {
    case v1::FilterCondition::kExists:
      return value.has_value() == condition.exists();
    case v1::FilterCondition::kNotEquals:
      return !value || !IsEqual(*value, condition.not_equals());
    default:
      break;
  }
  if (!value) return false;
  switch (condition.test_case()) {
    case v1::FilterCondition::kEquals:
      return IsEqual(*value, condition.equals());
    case v1::FilterCondition::kIn:
      return std::any_of(condition.in().values().begin(), condition.in().values().end(),
                         [&](const Value& one) { return IsEqual(*value, one); });
    case v1::FilterCondition::kContains:
      return Contains(*value, condition.contains());
    case v1::FilterCondition::kGreater: {
      const std::optional<int> compared = Compare(*value, condition.greater());
      return compared && *compared > 0;
    }
    case v1::FilterCondition::kGreaterOrEqual: {
      const std::optional<int> compared = Compare(*value, condition.greater_or_equal());
      return compared && *compared >= 0;
    }
    case v1::FilterCondition::kLess: {
      const std::optional<int> compared = Compare(*value, condition.less());
      return compared && *compared < 0;
    }
    case v1::FilterCondition::kLessOrEqual: {
      const std::optional<int> compared = Compare(*value, condition.less_or_equal());
      return compared && *compared <= 0;
    }
    case v1::FilterCondition::kBetween: {
      const std::optional<int> low = Compare(*value, condition.between().low());
      const std::optional<int> high = Compare(*value, condition.between().high());
      return low && high && *low >= 0 && *high <= 0;
    }
    case v1::FilterCondition::kRegex:
      return value->is_string() &&
             std::regex_search(value->get<std::string>(), std::regex(condition.regex()));
    default:
      std::abort();
  }
}

}  // namespace

bool PassesByDefinition(const v1::Filter& filter, const HistoryEvent& event, const History& history) {
  const auto passes = [&](const v1::Filter& part) { return PassesByDefinition(part, event, history); };
  if (filter.has_condition()) return Passes(filter.condition(), event, history);
  if (filter.has_not_()) return !passes(filter.not_());
  if (!filter.all_of().empty()) return std::all_of(filter.all_of().begin(), filter.all_of().end(), passes);
  return std::any_of(filter.any_of().begin(), filter.any_of().end(), passes);
}

History EventsThatPass(const v1::Filter& filter, const History& history) {
  History passing = history;
  passing.events.clear();
  for (const HistoryEvent& event : history.events) {
    if (PassesByDefinition(filter, event, history)) passing.events.push_back(event);
  }
  return passing;
}

}  // namespace donut::testing
