#include "tests/support/case_line.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace donut::testing {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// The place behind the quoted text that begins at `place`; the end of the line where it is not closed.
size_t BehindQuoted(const std::string& text, size_t place) {
  for (++place; place < text.size() && text[place] != '"'; ++place) {
    if (text[place] == '\\') ++place;
  }
  return std::min(place + 1, text.size());
}

}  // namespace

std::string WithoutComment(const std::string& line) {
  size_t place = 0;
  while (place < line.size()) {
    const bool begins = place == 0 || IsBlank(line[place - 1]);
    if (line[place] == '#' && begins && (place + 1 == line.size() || IsBlank(line[place + 1]))) break;
    place = line[place] == '"' ? BehindQuoted(line, place) : place + 1;
  }
  return std::string(absl::StripTrailingAsciiWhitespace(line.substr(0, place)));
}

CaseLine::CaseLine(const std::string& text) : text_(text) { SkipBlanks(); }

void CaseLine::SkipBlanks() {
  while (!AtEnd() && IsBlank(text_[place_])) ++place_;
}

absl::StatusOr<std::string> CaseLine::Word(char end) {
  const size_t begin = place_;
  if (Peek() == '"') {
    place_ = BehindQuoted(text_, place_);
  } else {
    while (!AtEnd() && !IsBlank(text_[place_]) && text_[place_] != end) ++place_;
  }
  const std::string word = text_.substr(begin, place_ - begin);
  SkipBlanks();
  if (word.empty()) return absl::InvalidArgumentError("a word is missing");
  if (word[0] != '"') return word;
  const auto quoted = nlohmann::json::parse(word, nullptr, false);
  if (quoted.is_string()) return quoted.get<std::string>();
  return absl::InvalidArgumentError(absl::StrCat("not a quoted text: ", word));
}

absl::StatusOr<std::string> CaseLine::Bracketed() {
  const size_t end = text_.find(']', place_);
  if (Peek() != '[' || end == std::string::npos) return absl::InvalidArgumentError("a [...] is not closed");
  std::string inside = text_.substr(place_ + 1, end - place_ - 1);
  place_ = end + 1;
  SkipBlanks();
  if (inside.empty()) return absl::InvalidArgumentError("nothing stands in []");
  return inside;
}

absl::StatusOr<std::string> CaseLine::Json() {
  const size_t begin = place_;
  int depth = 0;
  while (!AtEnd() && (depth > 0 || !IsBlank(text_[place_]))) {
    if (text_[place_] == '{' || text_[place_] == '[') ++depth;
    if (text_[place_] == '}' || text_[place_] == ']') --depth;
    place_ = text_[place_] == '"' ? BehindQuoted(text_, place_) : place_ + 1;
  }
  std::string value = text_.substr(begin, place_ - begin);
  SkipBlanks();
  if (nlohmann::json::accept(value)) return value;
  return absl::InvalidArgumentError(absl::StrCat("not JSON: ", value, " (a text needs its quotes)"));
}

absl::StatusOr<std::pair<std::string, std::string>> CaseLine::Property() {
  ASSIGN_OR_RETURN(std::string key, Word('='));
  if (Peek() != '=') return absl::InvalidArgumentError(absl::StrCat("expected ", key, "=value"));
  ++place_;
  ASSIGN_OR_RETURN(std::string value, Json());
  return std::pair(std::move(key), std::move(value));
}

}  // namespace donut::testing
