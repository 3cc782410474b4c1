// Reads JSON strictly by its grammar (RFC 8259) and, what jsonb asks for besides, without \u0000 and lone
// surrogates, and writes it again as jsonb prints it. Nesting is bounded. A view into a text that must stay
// alive; not thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace donut::history {

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  // All of these: false when it is not there. What was written then is of no use.
  // The next character that is no space, without reading it; 0 at the end.
  char Peek();
  bool Take(char character);
  bool TakeWord(std::string_view word);
  bool AtEnd() { return Peek() == 0 && place_ == text_.size(); }
  // A text in quotes, resolved.
  bool ReadText(std::string& text);
  // As jsonb prints it.
  bool ReadNumber(std::string& text);
  // Any value, as jsonb prints it, at the end of `json`.
  bool ReadAny(std::string& json, int depth = 0);
  // As ReadAny, without writing it.
  bool SkipAny();

 private:
  bool ReadEscape(std::string& text);
  bool ReadHex(uint32_t& code);
  bool ReadObject(std::string& json, int depth);
  bool ReadList(std::string& json, int depth);

  std::string_view text_;
  size_t place_ = 0;
};

// A number of JSON as jsonb prints it, at the end of `text`; false when it is none, or has more digits than
// numeric can keep.
bool AppendNormalized(std::string_view number, std::string& text);

}  // namespace donut::history
