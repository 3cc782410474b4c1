#include "cli/filter_expression.h"

#include <charconv>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cli/filter_tokens.h"
#include "common/limits.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

using TokenKind = FilterToken::Kind;
using google::protobuf::Value;

constexpr char kUserPrefix[] = "user.";
constexpr char kTests[] = "=, !=, <, <=, >, >=, ~, in, between, contains, exists or missing";
constexpr char kName[] = "a property such as plan, user.country, address->city, or event";

size_t SkipDigits(const std::string& text, size_t at) {
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  return at;
}

v1::Filter Not(v1::Filter filter) {
  v1::Filter negated;
  *negated.mutable_not_() = std::move(filter);
  return negated;
}

class Parser {
 public:
  explicit Parser(std::vector<FilterToken> tokens) : tokens_(std::move(tokens)) {}

  absl::StatusOr<v1::Filter> Whole() {
    ASSIGN_OR_RETURN(v1::Filter filter, AnyOf());
    if (current().kind != TokenKind::kEnd) return Unexpected("\"and\", \"or\" or the end");
    return filter;
  }

  absl::StatusOr<v1::FilterCondition> WholeSubject() {
    v1::FilterCondition condition;
    RETURN_IF_ERROR(Subject(condition));
    if (current().kind != TokenKind::kEnd) return Unexpected("-> or the end");
    return condition;
  }

 private:
  const FilterToken& current() const { return tokens_[at_]; }
  // kEnd stays.
  FilterToken Take() { return tokens_[at_].kind == TokenKind::kEnd ? tokens_[at_] : tokens_[at_++]; }
  bool TakeKeyword(const char* keyword) {
    const bool is = current().IsKeyword(keyword);
    if (is) Take();
    return is;
  }
  bool TakeSymbol(const char* symbol) {
    const bool is = current().Is(symbol);
    if (is) Take();
    return is;
  }
  absl::Status Unexpected(const std::string& expected) const {
    return WrongAt(current().column, absl::StrCat("expected ", expected, ", not ", current().Described()));
  }

  absl::StatusOr<v1::Filter> AnyOf();
  absl::StatusOr<v1::Filter> AllOf();
  absl::StatusOr<v1::Filter> Negated();
  absl::StatusOr<v1::Filter> Condition();
  absl::Status Subject(v1::FilterCondition& condition);
  absl::StatusOr<std::string> Key();
  absl::StatusOr<bool> Test(v1::FilterCondition& condition);
  absl::Status Compared(const std::string& symbol, v1::FilterCondition& condition);
  absl::Status WordTest(v1::FilterCondition& condition);
  absl::Status OneOf(v1::FilterCondition& condition);
  absl::StatusOr<Value> AValue();

  const std::vector<FilterToken> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
};

absl::StatusOr<v1::Filter> Parser::AnyOf() {
  ASSIGN_OR_RETURN(v1::Filter first, AllOf());
  if (!current().IsKeyword("or")) return first;
  v1::Filter any;
  *any.add_any_of() = std::move(first);
  while (TakeKeyword("or")) {
    ASSIGN_OR_RETURN(*any.add_any_of(), AllOf());
  }
  return any;
}

absl::StatusOr<v1::Filter> Parser::AllOf() {
  ASSIGN_OR_RETURN(v1::Filter first, Negated());
  if (!current().IsKeyword("and")) return first;
  v1::Filter all;
  *all.add_all_of() = std::move(first);
  while (TakeKeyword("and")) {
    ASSIGN_OR_RETURN(*all.add_all_of(), Negated());
  }
  return all;
}

// The only place where the parser calls itself, so it counts here.
absl::StatusOr<v1::Filter> Parser::Negated() {
  const bool negated = current().IsKeyword("not");
  if (!negated && !current().Is("(")) return Condition();
  if (++depth_ > kMaxExpressionDepth) {
    return WrongAt(current().column,
                   absl::StrCat("not and parentheses stand more than ", kMaxExpressionDepth, " deep"));
  }
  Take();
  ASSIGN_OR_RETURN(v1::Filter inner, negated ? Negated() : AnyOf());
  if (!negated && !TakeSymbol(")")) return Unexpected("\"and\", \"or\" or )");
  --depth_;
  return negated ? Not(std::move(inner)) : inner;
}

absl::StatusOr<v1::Filter> Parser::Condition() {
  v1::Filter filter;
  RETURN_IF_ERROR(Subject(*filter.mutable_condition()));
  ASSIGN_OR_RETURN(const bool negated, Test(*filter.mutable_condition()));
  return negated ? Not(std::move(filter)) : filter;
}

absl::Status Parser::Subject(v1::FilterCondition& condition) {
  const FilterToken first = current();
  const bool is_word = first.kind == TokenKind::kWord;
  if (is_word && first.text == "event") {
    Take();
    condition.set_event_name(true);
    return absl::OkStatus();
  }
  const bool of_user = is_word && absl::StartsWith(first.text, kUserPrefix);
  const bool key_is_quoted = of_user && first.text == kUserPrefix;  // user."signup date"
  if (key_is_quoted) Take();
  if (key_is_quoted && (current().after_space || current().kind == TokenKind::kWord)) {
    return Unexpected("a user's property such as user.country");
  }
  ASSIGN_OR_RETURN(std::string key, Key());
  if (of_user && !key_is_quoted) key.erase(0, sizeof(kUserPrefix) - 1);
  if (is_word && !key_is_quoted && absl::StrContains(key, ".")) {
    return WrongAt(first.column, absl::StrCat("a key with a dot is quoted, such as `", key,
                                              "`; what lies inside another is written address->city"));
  }
  if (of_user) {
    condition.set_user_property(key);
  } else {
    condition.set_event_property(key);
  }
  while (TakeSymbol("->")) {
    ASSIGN_OR_RETURN(*condition.add_nested_keys(), Key());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Parser::Key() {
  const FilterToken& token = current();
  const bool keyword = token.IsKeyword("and") || token.IsKeyword("or") || token.IsKeyword("not");
  const bool is_key = token.kind == TokenKind::kBackticks ||
                      (token.kind == TokenKind::kText && token.quote == '"') ||
                      (token.kind == TokenKind::kWord && !keyword);
  if (!is_key) return Unexpected(kName);
  if (token.text.empty()) return WrongAt(token.column, "a key is not empty");
  return Take().text;
}

// True: the test is negated.
absl::StatusOr<bool> Parser::Test(v1::FilterCondition& condition) {
  if (current().kind == TokenKind::kSymbol) {
    const std::string symbol = current().text;
    if (symbol == "(" || symbol == ")" || symbol == "," || symbol == "->") return Unexpected(kTests);
    Take();
    RETURN_IF_ERROR(Compared(symbol, condition));
    return false;
  }
  const bool negated = TakeKeyword("not");
  if (negated && !current().IsKeyword("in") && !current().IsKeyword("contains") &&
      !current().IsKeyword("between")) {
    return Unexpected("in, contains or between");
  }
  RETURN_IF_ERROR(WordTest(condition));
  return negated;
}

absl::Status Parser::Compared(const std::string& symbol, v1::FilterCondition& condition) {
  if (symbol == "~") {
    if (current().kind != TokenKind::kText && current().kind != TokenKind::kWord) {
      return Unexpected("a regular expression such as \"@example\\.com$\"");
    }
    condition.set_regex(Take().text);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(Value value, AValue());
  Value* const place = symbol == "="    ? condition.mutable_equals()
                       : symbol == "!=" ? condition.mutable_not_equals()
                       : symbol == "<"  ? condition.mutable_less()
                       : symbol == "<=" ? condition.mutable_less_or_equal()
                       : symbol == ">"  ? condition.mutable_greater()
                                        : condition.mutable_greater_or_equal();
  *place = std::move(value);
  return absl::OkStatus();
}

absl::Status Parser::WordTest(v1::FilterCondition& condition) {
  if (TakeKeyword("exists")) {
    condition.set_exists(true);
  } else if (TakeKeyword("missing")) {
    condition.set_exists(false);
  } else if (TakeKeyword("contains")) {
    ASSIGN_OR_RETURN(*condition.mutable_contains(), AValue());
  } else if (TakeKeyword("between")) {
    ASSIGN_OR_RETURN(*condition.mutable_between()->mutable_low(), AValue());
    if (!TakeKeyword("and")) return Unexpected("\"and\" and the upper end");
    ASSIGN_OR_RETURN(*condition.mutable_between()->mutable_high(), AValue());
  } else if (TakeKeyword("in")) {
    return OneOf(condition);
  } else {
    return Unexpected(kTests);
  }
  return absl::OkStatus();
}

absl::Status Parser::OneOf(v1::FilterCondition& condition) {
  if (!TakeSymbol("(")) return Unexpected("( and the values, such as (pro, team)");
  do {
    ASSIGN_OR_RETURN(*condition.mutable_in()->add_values(), AValue());
  } while (TakeSymbol(","));
  if (!TakeSymbol(")")) return Unexpected(", or )");
  return absl::OkStatus();
}

absl::StatusOr<Value> Parser::AValue() {
  const FilterToken& token = current();
  const int column = token.column;
  if (token.kind != TokenKind::kText && token.kind != TokenKind::kWord) {
    return Unexpected("a value such as 10, true, pro or \"some text\"");
  }
  const bool quoted = token.kind == TokenKind::kText;
  std::string text = Take().text;
  Value value;
  if (!quoted && (text == "true" || text == "false")) {
    value.set_bool_value(text == "true");
  } else if (!quoted && text == "null") {
    return WrongAt(column, "null is no value: test with missing, or quote the text \"null\"");
  } else if (!quoted && IsJsonNumber(text)) {
    double number = 0;
    const std::from_chars_result read = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = text.find_first_of(".eE") == std::string::npos;
    if (read.ec != std::errc()) return WrongAt(column, absl::StrCat(text, " is out of the range of numbers"));
    int64_t integer = 0;
    constexpr int64_t kMost = static_cast<int64_t>(limits::kMaxInteger);
    if (whole && (!absl::SimpleAtoi(text, &integer) || integer > kMost || integer < -kMost)) {
      return WrongAt(column,
                     absl::StrCat(text, " is beyond 2^53, where numbers are not exact: quote a text"));
    }
    value.set_number_value(number);
  } else {
    value.set_string_value(std::move(text));
  }
  return value;
}

}  // namespace

bool IsJsonNumber(const std::string& text) {
  size_t at = text.starts_with('-') ? 1 : 0;
  const size_t digits = at;
  at = SkipDigits(text, at);
  if (at == digits || (text[digits] == '0' && at > digits + 1)) return false;
  if (at < text.size() && text[at] == '.') {
    const size_t fraction = SkipDigits(text, at + 1);
    if (fraction == at + 1) return false;
    at = fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const size_t exponent = SkipDigits(text, at);
    if (exponent == at) return false;
    at = exponent;
  }
  return at == text.size();
}

absl::StatusOr<v1::Filter> ParseFilterExpression(const std::string& text, int first_column) {
  ASSIGN_OR_RETURN(std::vector<FilterToken> tokens, FilterTokens(text, first_column));
  return Parser(std::move(tokens)).Whole();
}

absl::StatusOr<v1::Breakdown> ParseBreakdown(const std::string& text) {
  ASSIGN_OR_RETURN(std::vector<FilterToken> tokens, FilterTokens(text, 1));
  ASSIGN_OR_RETURN(const v1::FilterCondition condition, Parser(std::move(tokens)).WholeSubject());
  v1::Breakdown breakdown;
  *breakdown.mutable_nested_keys() = condition.nested_keys();
  if (condition.has_event_name()) {
    breakdown.set_event_name(true);
  } else if (condition.has_user_property()) {
    breakdown.set_user_property(condition.user_property());
  } else {
    breakdown.set_event_property(condition.event_property());
  }
  return breakdown;
}

}  // namespace donut::cli
