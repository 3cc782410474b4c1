// The words of a filter expression, with the column that each begins in, so that an error can point at it.
// Plain functions, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace donut::cli {

struct FilterToken {
  enum class Kind {
    kWord,       // pro, user.country, -1.5, 2024-01-31
    kText,       // "..." or '...'
    kBackticks,  // `...`
    kSymbol,     // = != < <= > >= ~ ( ) , ->
    kEnd,
  };
  Kind kind = Kind::kEnd;
  std::string text = {};  // of a quoted one what stands between the quotes, of two quotes one
  char quote = 0;         // of a quoted one
  int column = 1;         // in characters, from 1
  bool after_space = false;

  bool Is(const char* symbol) const { return kind == Kind::kSymbol && text == symbol; }
  // A word, in whatever case.
  bool IsKeyword(const char* keyword) const;
  // For an error: as it stood, or "the end".
  std::string Described() const;
};

// INVALID_ARGUMENT "column 9: ...".
absl::Status WrongAt(int column, const std::string& rule);

// The tokens of `text`, kEnd last; the first character is in `first_column`.
absl::StatusOr<std::vector<FilterToken>> FilterTokens(const std::string& text, int first_column);

}  // namespace donut::cli
