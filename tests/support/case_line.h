// One line of a case file, read from left to right. For tests. No state beyond the place.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace donut::testing {

// The line without its comment (a '#' outside quotes with a blank or nothing on both sides) and trailing
// blanks.
std::string WithoutComment(const std::string& line);

// Words between blanks. A word or a part of it that is quoted may hold blanks.
class CaseLine {
 public:
  explicit CaseLine(const std::string& text);

  bool AtEnd() const { return place_ == text_.size(); }
  // What comes next; a blank at the end.
  char Peek() const { return AtEnd() ? ' ' : text_[place_]; }
  std::string Rest() const { return text_.substr(place_); }

  // The next word, up to a blank or, outside quotes, `end`; JSON's quotes are taken off. INVALID_ARGUMENT
  // when there is none.
  absl::StatusOr<std::string> Word(char end = ' ');
  // "[...]": what stands in the brackets.
  absl::StatusOr<std::string> Bracketed();
  // key=value, the value being JSON: objects and lists may hold blanks.
  absl::StatusOr<std::pair<std::string, std::string>> Property();

 private:
  void SkipBlanks();
  absl::StatusOr<std::string> Json();

  const std::string text_;
  size_t place_ = 0;
};

}  // namespace donut::testing
