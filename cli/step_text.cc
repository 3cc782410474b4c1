#include "cli/step_text.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/filter_expression.h"
#include "cli/filter_tokens.h"
#include "cli/option_words.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

// In characters, from 1.
int ColumnOf(const std::string& text, size_t at) {
  int column = 1;
  for (size_t i = 0; i < at; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) ++column;
  }
  return column;
}

bool IsQuote(char c) { return c == '"' || c == '`'; }

// The text from `at` on up to | or [, without spaces around it, or what the quotes hold.
absl::StatusOr<std::string> TakeName(const std::string& text, size_t& at) {
  const size_t start = at;
  std::string name;
  if (at < text.size() && IsQuote(text[at])) {
    const char quote = text[at++];
    for (; at < text.size(); ++at) {
      if (text[at] == quote && (at + 1 >= text.size() || text[at + 1] != quote)) break;
      if (text[at] == quote) ++at;
      name += text[at];
    }
    if (at >= text.size()) return WrongAt(ColumnOf(text, start), "the quote is never closed");
    ++at;
    while (at < text.size() && absl::ascii_isspace(text[at])) ++at;
    if (at < text.size() && text[at] != '|' && text[at] != '[') {
      return WrongAt(ColumnOf(text, at), "expected | and another name, or [ and a filter, or the end");
    }
  } else {
    at = std::min(text.find_first_of("|[]", at), text.size());
    name = std::string(absl::StripAsciiWhitespace(text.substr(start, at - start)));
  }
  if (name.empty()) {
    return WrongAt(ColumnOf(text, start), "expected the name of an event, or * for any");
  }
  return name;
}

struct NamesAndFilter {
  std::vector<std::string> names;
  bool any_event = false;
  std::optional<v1::Filter> filter;
};

absl::StatusOr<NamesAndFilter> ParseNames(const std::string& text) {
  NamesAndFilter parsed;
  size_t at = 0;
  while (true) {
    while (at < text.size() && absl::ascii_isspace(text[at])) ++at;
    const size_t start = at;
    ASSIGN_OR_RETURN(std::string name, TakeName(text, at));
    if (text[start] == '*' && name == "*") {
      parsed.any_event = true;
    } else {
      parsed.names.push_back(std::move(name));
    }
    if (parsed.any_event && !parsed.names.empty()) {
      return WrongAt(ColumnOf(text, start), "* is any event already: it stands alone");
    }
    if (at >= text.size() || text[at] != '|') break;
    ++at;
  }
  if (at >= text.size()) return parsed;
  if (text[at] == ']') return WrongAt(ColumnOf(text, at), "] without [ before it");
  size_t end = text.find_last_not_of(" \t");
  if (text[end] != ']' || end == at) {
    return WrongAt(ColumnOf(text, text.size()), "the filter's [ is not closed: expected ] at the end");
  }
  ASSIGN_OR_RETURN(parsed.filter,
                   ParseFilterExpression(text.substr(at + 1, end - at - 1), ColumnOf(text, at + 1)));
  return parsed;
}

// The place of "@1-3" at the end; the text's size where there is none.
size_t PlaceOfRange(const std::string& text) {
  const size_t at = text.rfind('@');
  if (at == std::string::npos || at == 0 || at + 1 == text.size()) return text.size();
  return text.find_first_not_of("0123456789-", at + 1) == std::string::npos ? at : text.size();
}

}  // namespace

absl::StatusOr<v1::FunnelStep> ParseStep(const std::string& text) {
  ASSIGN_OR_RETURN(NamesAndFilter parsed, ParseNames(text));
  v1::FunnelStep step;
  for (std::string& name : parsed.names) step.add_event_names(std::move(name));
  step.set_any_event(parsed.any_event);
  if (parsed.filter) *step.mutable_filter() = *std::move(parsed.filter);
  return step;
}

absl::StatusOr<v1::FunnelExclusion> ParseExclusion(const std::string& text) {
  v1::FunnelExclusion exclusion;
  const size_t range_at = PlaceOfRange(text);
  ASSIGN_OR_RETURN(NamesAndFilter parsed, ParseNames(text.substr(0, range_at)));
  if (parsed.any_event)
    return WrongAt(1, "expected the name of an event: any event at all cannot be excluded");
  for (std::string& name : parsed.names) exclusion.add_event_names(std::move(name));
  if (parsed.filter) *exclusion.mutable_filter() = *std::move(parsed.filter);
  if (range_at == text.size()) return exclusion;
  const std::string range_text = text.substr(range_at + 1);
  const auto range = ParseRange("", range_text);
  if (!range.ok() || range->first == range->last) {
    return WrongAt(
        ColumnOf(text, range_at),
        absl::StrCat("expected two steps, the first before the last, such as @1-3, not @", range_text));
  }
  exclusion.set_from_step(range->first);
  exclusion.set_to_step(range->last);
  return exclusion;
}

}  // namespace donut::cli
