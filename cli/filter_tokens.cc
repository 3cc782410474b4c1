#include "cli/filter_tokens.h"

#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace donut::cli {
namespace {

constexpr char kQuotes[] = "\"'`";
constexpr char kNoWord[] = "=!<>~(),\"'`";

bool IsOneOf(const char* characters, char c) {
  return c != '\0' && std::string_view(characters).find(c) != std::string_view::npos;
}

// Walks over the text and counts characters, of which UTF-8 has only the first byte.
class Reader {
 public:
  Reader(const std::string& text, int first_column) : text_(text), column_(first_column) {}

  bool done() const { return at_ >= text_.size(); }
  char current() const { return done() ? '\0' : text_[at_]; }
  bool StartsWith(std::string_view start) const {
    return std::string_view(text_).substr(at_).starts_with(start);
  }
  int column() const { return column_; }
  char Take() {
    const char c = text_[at_++];
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++column_;
    return c;
  }

 private:
  const std::string& text_;
  size_t at_ = 0;
  int column_;
};

absl::StatusOr<FilterToken> Quoted(Reader& reader) {
  FilterToken token{.column = reader.column()};
  token.quote = reader.Take();
  token.kind = token.quote == '`' ? FilterToken::Kind::kBackticks : FilterToken::Kind::kText;
  while (!reader.done()) {
    const char c = reader.Take();
    if (c != token.quote) {
      token.text += c;
    } else if (reader.current() == token.quote) {
      token.text += reader.Take();
    } else {
      return token;
    }
  }
  return WrongAt(token.column, absl::StrCat("the quote ", std::string(1, token.quote), " is never closed"));
}

FilterToken Word(Reader& reader) {
  FilterToken token{.kind = FilterToken::Kind::kWord, .column = reader.column()};
  while (!reader.done() && !absl::ascii_isspace(reader.current()) && !IsOneOf(kNoWord, reader.current()) &&
         !reader.StartsWith("->")) {
    token.text += reader.Take();
  }
  return token;
}

}  // namespace

bool FilterToken::IsKeyword(const char* keyword) const {
  return kind == Kind::kWord && absl::EqualsIgnoreCase(text, keyword);
}

std::string FilterToken::Described() const {
  if (kind == Kind::kEnd) return "the end";
  if (kind == Kind::kText || kind == Kind::kBackticks) {
    return absl::StrCat(std::string(1, quote), text, std::string(1, quote));
  }
  return text;
}

absl::Status WrongAt(int column, const std::string& rule) {
  return absl::InvalidArgumentError(absl::StrCat("column ", column, ": ", rule));
}

absl::StatusOr<std::vector<FilterToken>> FilterTokens(const std::string& text, int first_column) {
  Reader reader(text, first_column);
  std::vector<FilterToken> tokens;
  while (true) {
    bool after_space = false;
    while (!reader.done() && absl::ascii_isspace(reader.current())) {
      reader.Take();
      after_space = true;
    }
    FilterToken token{.column = reader.column()};
    if (reader.done()) {
      tokens.push_back(std::move(token));
      return tokens;
    }
    if (IsOneOf(kQuotes, reader.current())) {
      absl::StatusOr<FilterToken> quoted = Quoted(reader);
      if (!quoted.ok()) return quoted.status();
      token = *std::move(quoted);
    } else if (IsOneOf(kNoWord, reader.current()) || reader.StartsWith("->")) {
      token.kind = FilterToken::Kind::kSymbol;
      token.text = reader.Take();
      const bool longer = (IsOneOf("!<>", token.text[0]) && reader.current() == '=') || token.text == "-";
      if (longer) token.text += reader.Take();
    } else {
      token = Word(reader);
    }
    token.after_space = after_space;
    tokens.push_back(std::move(token));
  }
}

}  // namespace donut::cli
