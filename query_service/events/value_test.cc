#include "query_service/events/value_test.h"

#include <algorithm>

#include "history/property_json.h"
#include "query_service/events/decimal.h"

namespace donut::query {
namespace {

using history::ValueType;
using history::ValueView;

// The elements of a JSON list, as jsonb prints it, each as its own text.
std::vector<std::string_view> ElementsOf(std::string_view list) {
  std::vector<std::string_view> elements;
  if (list.size() < 2 || list.front() != '[') return elements;
  list = list.substr(1, list.size() - 2);
  int depth = 0;
  bool quoted = false;
  size_t begin = 0;
  for (size_t i = 0; i < list.size(); ++i) {
    const char c = list[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && depth == 0) {
      elements.push_back(list.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  if (begin < list.size()) elements.push_back(list.substr(begin));
  return elements;
}

}  // namespace

ValueTest::Operand ValueTest::ToOperand(const google::protobuf::Value& value) {
  if (value.has_string_value()) return {ValueType::kText, value.string_value()};
  if (value.has_number_value()) return {ValueType::kNumber, ToDecimal(value.number_value())};
  return {ValueType::kBool, value.bool_value() ? "true" : "false"};
}

ValueTest::ValueTest(const v1::FilterCondition& condition) : test_(condition.test_case()) {
  switch (test_) {
    case v1::FilterCondition::kEquals:
      operands_ = {ToOperand(condition.equals())};
      break;
    case v1::FilterCondition::kNotEquals:
      operands_ = {ToOperand(condition.not_equals())};
      break;
    case v1::FilterCondition::kIn:
      for (const auto& value : condition.in().values()) operands_.push_back(ToOperand(value));
      break;
    case v1::FilterCondition::kContains:
      operands_ = {ToOperand(condition.contains())};
      break;
    case v1::FilterCondition::kGreater:
      operands_ = {ToOperand(condition.greater())};
      break;
    case v1::FilterCondition::kGreaterOrEqual:
      operands_ = {ToOperand(condition.greater_or_equal())};
      break;
    case v1::FilterCondition::kLess:
      operands_ = {ToOperand(condition.less())};
      break;
    case v1::FilterCondition::kLessOrEqual:
      operands_ = {ToOperand(condition.less_or_equal())};
      break;
    case v1::FilterCondition::kBetween:
      operands_ = {ToOperand(condition.between().low()), ToOperand(condition.between().high())};
      break;
    case v1::FilterCondition::kExists:
      exists_ = condition.exists();
      break;
    case v1::FilterCondition::kRegex:
      regex_ = condition.regex();
      break;
    default:
      break;
  }
}

bool ValueTest::Equals(const ValueView& value, const Operand& operand) {
  if (value.type != operand.type) return false;
  if (value.type == ValueType::kNumber) return CompareDecimals(value.text, operand.text) == 0;
  return value.text == operand.text;
}

bool ValueTest::Contains(const ValueView& value, const Operand& operand) {
  if (value.type == ValueType::kText) {
    return operand.type == ValueType::kText && value.text.find(operand.text) != std::string_view::npos;
  }
  if (value.type != ValueType::kJson) return false;
  const std::vector<std::string_view> elements = ElementsOf(value.text);
  return std::any_of(elements.begin(), elements.end(), [&](std::string_view element) {
    const auto read = history::ReadValue(element);
    return read.ok() && read->has_value() && Equals((*read)->view(), operand);
  });
}

std::optional<int> ValueTest::Compare(const ValueView& value, const Operand& operand) {
  if (value.type != operand.type) return std::nullopt;
  if (value.type == ValueType::kNumber) return CompareDecimals(value.text, operand.text);
  if (value.type == ValueType::kText) return value.text.compare(operand.text);
  return std::nullopt;
}

bool ValueTest::Passes(const std::optional<ValueView>& value) const {
  switch (test_) {
    case v1::FilterCondition::kExists:
      return value.has_value() == exists_;
    case v1::FilterCondition::kNotEquals:
      return !value || !Equals(*value, operands_[0]);
    default:
      break;
  }
  if (!value) return false;
  const auto compares = [&](const auto& holds) {
    const std::optional<int> order = Compare(*value, operands_[0]);
    return order && holds(*order);
  };
  switch (test_) {
    case v1::FilterCondition::kEquals:
    case v1::FilterCondition::kIn:
      return std::any_of(operands_.begin(), operands_.end(),
                         [&](const Operand& operand) { return Equals(*value, operand); });
    case v1::FilterCondition::kContains:
      return Contains(*value, operands_[0]);
    case v1::FilterCondition::kGreater:
      return compares([](int order) { return order > 0; });
    case v1::FilterCondition::kGreaterOrEqual:
      return compares([](int order) { return order >= 0; });
    case v1::FilterCondition::kLess:
      return compares([](int order) { return order < 0; });
    case v1::FilterCondition::kLessOrEqual:
      return compares([](int order) { return order <= 0; });
    case v1::FilterCondition::kBetween: {
      const std::optional<int> high = Compare(*value, operands_[1]);
      return compares([](int order) { return order >= 0; }) && high && *high <= 0;
    }
    default:
      return false;
  }
}

}  // namespace donut::query
