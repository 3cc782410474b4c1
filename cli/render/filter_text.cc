#include "cli/render/filter_text.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace donut::cli {
namespace {

using google::protobuf::Value;

constexpr int kMaxDepth = 12;

// What needs no quotes, as a key or as a value; stricter than what the parser takes.
bool IsPlain(const std::string& text) {
  if (text.empty() || absl::ascii_isdigit(text[0]) || text[0] == '-') return false;
  for (const char* keyword : {"and", "or", "not", "event", "true", "false", "null"}) {
    if (absl::EqualsIgnoreCase(text, keyword)) return false;
  }
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '$' || (static_cast<unsigned char>(c) & 0x80) != 0;
  });
}

std::string Quoted(const std::string& text, const char* quote) {
  return absl::StrCat(quote, absl::StrReplaceAll(text, {{quote, absl::StrCat(quote, quote)}}), quote);
}

std::string KeyText(const std::string& key) { return IsPlain(key) ? key : Quoted(key, "`"); }

std::string ValueText(const Value& value) {
  switch (value.kind_case()) {
    case Value::kNumberValue: {
      char digits[32];
      const std::to_chars_result end = std::to_chars(digits, digits + sizeof(digits), value.number_value());
      return std::string(digits, end.ptr);
    }
    case Value::kBoolValue:
      return value.bool_value() ? "true" : "false";
    case Value::kStringValue:
      return IsPlain(value.string_value()) ? value.string_value() : Quoted(value.string_value(), "\"");
    default:
      return "null";
  }
}

// FilterCondition and Breakdown say alike what they are about.
template <typename Message>
std::string SubjectText(const Message& message) {
  if (message.event_name()) return "event";
  std::string text = !message.user_property().empty()
                         ? absl::StrCat("user.", KeyText(message.user_property()))
                         : KeyText(message.event_property());
  for (const std::string& key : message.nested_keys()) absl::StrAppend(&text, "->", KeyText(key));
  return text;
}

std::string ListText(const google::protobuf::ListValue& list) {
  std::string text = "(";
  for (const Value& value : list.values())
    absl::StrAppend(&text, text.size() > 1 ? ", " : "", ValueText(value));
  return text + ")";
}

std::string TestText(const v1::FilterCondition& condition) {
  switch (condition.test_case()) {
    case v1::FilterCondition::kEquals:
      return absl::StrCat("= ", ValueText(condition.equals()));
    case v1::FilterCondition::kNotEquals:
      return absl::StrCat("!= ", ValueText(condition.not_equals()));
    case v1::FilterCondition::kIn:
      return absl::StrCat("in ", ListText(condition.in()));
    case v1::FilterCondition::kContains:
      return absl::StrCat("contains ", ValueText(condition.contains()));
    case v1::FilterCondition::kGreater:
      return absl::StrCat("> ", ValueText(condition.greater()));
    case v1::FilterCondition::kGreaterOrEqual:
      return absl::StrCat(">= ", ValueText(condition.greater_or_equal()));
    case v1::FilterCondition::kLess:
      return absl::StrCat("< ", ValueText(condition.less()));
    case v1::FilterCondition::kLessOrEqual:
      return absl::StrCat("<= ", ValueText(condition.less_or_equal()));
    case v1::FilterCondition::kBetween:
      return absl::StrCat("between ", ValueText(condition.between().low()), " and ",
                          ValueText(condition.between().high()));
    case v1::FilterCondition::kExists:
      return condition.exists() ? "exists" : "missing";
    case v1::FilterCondition::kRegex:
      return absl::StrCat("~ ", Quoted(condition.regex(), "\""));
    case v1::FilterCondition::TEST_NOT_SET:
      return "";
  }
  return "";
}

std::string TextAt(const v1::Filter& filter, int depth);

// The parts with a word between them; in parentheses those that would not hold together.
std::string PartsText(const google::protobuf::RepeatedPtrField<v1::Filter>& parts, const char* word,
                      int depth) {
  std::string text;
  for (const v1::Filter& part : parts) {
    const bool holds = part.has_condition() || part.has_not_() ||
                       (parts.size() > 1 && part.all_of_size() > 0 && absl::string_view(word) == " or ");
    const std::string inner = TextAt(part, depth + 1);
    absl::StrAppend(&text, text.empty() ? "" : word,
                    holds || parts.size() == 1 ? inner : absl::StrCat("(", inner, ")"));
  }
  return text;
}

std::string TextAt(const v1::Filter& filter, int depth) {
  if (depth > kMaxDepth) return "...";
  if (filter.has_not_()) {
    const std::string inner = TextAt(filter.not_(), depth + 1);
    return filter.not_().has_condition() ? absl::StrCat("not ", inner) : absl::StrCat("not (", inner, ")");
  }
  if (filter.all_of_size() > 0) return PartsText(filter.all_of(), " and ", depth);
  if (filter.any_of_size() > 0) return PartsText(filter.any_of(), " or ", depth);
  return absl::StrCat(SubjectText(filter.condition()), " ", TestText(filter.condition()));
}

}  // namespace

std::string FilterText(const v1::Filter& filter) { return TextAt(filter, 1); }

std::string BreakdownText(const v1::Breakdown& breakdown) { return SubjectText(breakdown); }

}  // namespace donut::cli
