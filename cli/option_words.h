// Options that take one of a few words, and small numbers: `--order strict`, `--brackets 1-3,4-7`. Errors are
// INVALID_ARGUMENT that name the option. Plain functions, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace donut::cli {

// "--order: must be ...".
absl::Status WrongOption(const std::string& option, const std::string& rule);
// The same status in the name of an option.
absl::Status InOption(const std::string& option, const absl::Status& status);

template <typename Value>
using Words = std::vector<std::pair<std::string, Value>>;

// The value of the word; for an empty text `absent`.
template <typename Value>
absl::StatusOr<Value> ValueOfWord(const std::string& option, const std::string& text,
                                  const Words<Value>& words, Value absent) {
  if (text.empty()) return absent;
  for (const auto& [word, value] : words) {
    if (word == text) return value;
  }
  std::vector<std::string> known;
  for (const auto& word : words) known.push_back(word.first);
  return WrongOption(option, absl::StrCat(text, " is not known: one of ", absl::StrJoin(known, ", ")));
}

// From 1 to 1,000,000.
absl::StatusOr<int32_t> ParsePositive(const std::string& option, const std::string& text);

// "3" or "1-3", both included, the first not above the last.
struct NumberRange {
  int32_t first = 0;
  int32_t last = 0;
};
absl::StatusOr<NumberRange> ParseRange(const std::string& option, const std::string& text);
// "1-3,4-7,8"; at most 1,000.
absl::StatusOr<std::vector<NumberRange>> ParseRanges(const std::string& option, const std::string& text);

}  // namespace donut::cli
