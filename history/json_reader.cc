#include "history/json_reader.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "history/property_json.h"

namespace donut::history {
namespace {

// The collector takes 5; PostgreSQL runs out of stack somewhere in the thousands.
constexpr int kMaxNesting = 256;
// Digits before and after the point that numeric can keep.
constexpr int64_t kMaxIntegerDigits = 131'072;
constexpr int64_t kMaxDecimals = 16'383;

bool IsDigit(char character) { return character >= '0' && character <= '9'; }

size_t DigitsAt(std::string_view text, size_t place) {
  size_t end = place;
  while (end < text.size() && IsDigit(text[end])) ++end;
  return end - place;
}

void AppendUtf8(uint32_t code, std::string& text) {
  if (code < 0x80) {
    text += static_cast<char>(code);
    return;
  }
  if (code < 0x800) {
    text += static_cast<char>(0xc0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      text += static_cast<char>(0xe0 | (code >> 12));
    } else {
      text += static_cast<char>(0xf0 | (code >> 18));
      text += static_cast<char>(0x80 | ((code >> 12) & 0x3f));
    }
    text += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
  }
  text += static_cast<char>(0x80 | (code & 0x3f));
}

// The parts of a number: -INTEGER.DECIMALSe[+-]EXPONENT.
struct NumberParts {
  bool negative = false;
  std::string_view integer;
  std::string_view decimals;
  int64_t exponent = 0;
};

// How many bytes the number at the front of `text` has; 0: none.
size_t ReadNumberParts(std::string_view text, NumberParts& parts) {
  size_t place = 0;
  if (place < text.size() && text[place] == '-') {
    parts.negative = true;
    ++place;
  }
  size_t digits = DigitsAt(text, place);
  if (digits == 0 || (digits > 1 && text[place] == '0')) return 0;
  parts.integer = text.substr(place, digits);
  place += digits;
  if (place < text.size() && text[place] == '.') {
    digits = DigitsAt(text, ++place);
    if (digits == 0) return 0;
    parts.decimals = text.substr(place, digits);
    place += digits;
  }
  if (place < text.size() && (text[place] == 'e' || text[place] == 'E')) {
    ++place;
    const bool negative = place < text.size() && text[place] == '-';
    if (negative || (place < text.size() && text[place] == '+')) ++place;
    digits = DigitsAt(text, place);
    if (digits == 0) return 0;
    for (const char digit : text.substr(place, digits)) {
      parts.exponent = std::min<int64_t>(parts.exponent * 10 + (digit - '0'), 10 * kMaxIntegerDigits);
    }
    if (negative) parts.exponent = -parts.exponent;
    place += digits;
  }
  return place;
}

// Without exponent, with as many decimals as were written, less or more by the exponent.
bool AppendDecimal(const NumberParts& parts, std::string& text) {
  std::string digits(parts.integer);
  digits += parts.decimals;
  const bool is_zero = digits.find_first_not_of('0') == std::string::npos;
  const int64_t decimals = std::max<int64_t>(0, static_cast<int64_t>(parts.decimals.size()) - parts.exponent);
  if (decimals > kMaxDecimals) return false;
  // Where the point is in `digits`.
  int64_t point = static_cast<int64_t>(parts.integer.size()) + parts.exponent;
  if (is_zero) {
    digits.assign(1, '0');
    point = 1;
  }
  if (point <= 0) {
    digits.insert(0, static_cast<size_t>(1 - point), '0');
    point = 1;
  }
  if (point > kMaxIntegerDigits) return false;
  digits.resize(static_cast<size_t>(point + decimals), '0');
  const size_t first = std::min(digits.find_first_not_of('0'), static_cast<size_t>(point - 1));
  if (parts.negative && !is_zero) text += '-';
  text.append(digits, first, static_cast<size_t>(point) - first);
  if (decimals > 0) {
    text += '.';
    text.append(digits, static_cast<size_t>(point));
  }
  return true;
}

}  // namespace

bool AppendNormalized(std::string_view number, std::string& text) {
  NumberParts parts;
  const size_t bytes = ReadNumberParts(number, parts);
  return bytes != 0 && bytes == number.size() && AppendDecimal(parts, text);
}

char JsonReader::Peek() {
  while (place_ < text_.size()) {
    const char character = text_[place_];
    if (character != ' ' && character != '\n' && character != '\t' && character != '\r') return character;
    ++place_;
  }
  return 0;
}

bool JsonReader::Take(char character) {
  if (Peek() != character) return false;
  ++place_;
  return true;
}

bool JsonReader::TakeWord(std::string_view word) {
  Peek();
  if (text_.substr(place_, word.size()) != word) return false;
  place_ += word.size();
  return true;
}

bool JsonReader::ReadText(std::string& text) {
  if (!Take('"')) return false;
  while (place_ < text_.size()) {
    size_t end = place_;
    while (end < text_.size() && text_[end] != '"' && text_[end] != '\\' &&
           static_cast<uint8_t>(text_[end]) >= 0x20) {
      ++end;
    }
    text.append(text_, place_, end - place_);
    place_ = end;
    if (place_ == text_.size() || static_cast<uint8_t>(text_[place_]) < 0x20) return false;
    if (text_[place_++] == '"') return true;
    if (!ReadEscape(text)) return false;
  }
  return false;
}

bool JsonReader::ReadHex(uint32_t& code) {
  code = 0;
  if (text_.size() - place_ < 4) return false;
  for (int i = 0; i < 4; ++i) {
    const char digit = text_[place_++];
    const char lower = static_cast<char>(digit | 0x20);
    if (!IsDigit(digit) && (lower < 'a' || lower > 'f')) return false;
    code = code * 16 + static_cast<uint32_t>(IsDigit(digit) ? digit - '0' : lower - 'a' + 10);
  }
  return true;
}

// After the backslash.
bool JsonReader::ReadEscape(std::string& text) {
  if (place_ == text_.size()) return false;
  const char escape = text_[place_++];
  constexpr std::string_view kEscapes = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  if (const size_t which = kEscapes.find(escape); which != std::string_view::npos) {
    text += kMeanings[which];
    return true;
  }
  uint32_t code;
  if (escape != 'u' || !ReadHex(code) || code == 0) return false;
  if (code >= 0xdc00 && code < 0xe000) return false;
  if (code >= 0xd800 && code < 0xdc00) {
    uint32_t low;
    if (text_.substr(place_, 2) != "\\u") return false;
    place_ += 2;
    if (!ReadHex(low) || low < 0xdc00 || low >= 0xe000) return false;
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  AppendUtf8(code, text);
  return true;
}

bool JsonReader::ReadNumber(std::string& text) {
  Peek();
  NumberParts parts;
  const size_t bytes = ReadNumberParts(text_.substr(place_), parts);
  place_ += bytes;
  return bytes != 0 && AppendDecimal(parts, text);
}

bool JsonReader::ReadAny(std::string& json, int depth) {
  switch (Peek()) {
    case '"': {
      std::string text;
      if (!ReadText(text)) return false;
      AppendQuoted(text, json);
      return true;
    }
    case '{':
      return depth < kMaxNesting && ReadObject(json, depth + 1);
    case '[':
      return depth < kMaxNesting && ReadList(json, depth + 1);
    case 't':
      json += "true";
      return TakeWord("true");
    case 'f':
      json += "false";
      return TakeWord("false");
    case 'n':
      json += "null";
      return TakeWord("null");
    default:
      return ReadNumber(json);
  }
}

bool JsonReader::ReadList(std::string& json, int depth) {
  json += '[';
  Take('[');
  if (!Take(']')) {
    if (!ReadAny(json, depth)) return false;
    while (!Take(']')) {
      json += ", ";
      if (!Take(',') || !ReadAny(json, depth)) return false;
    }
  }
  json += ']';
  return true;
}

bool JsonReader::ReadObject(std::string& json, int depth) {
  struct Member {
    std::string key;
    std::string json;
  };
  std::vector<Member> members;
  Take('{');
  while (!Take('}')) {
    if (!members.empty() && !Take(',')) return false;
    Member& member = members.emplace_back();
    if (!ReadText(member.key) || !Take(':') || !ReadAny(member.json, depth)) return false;
  }
  std::stable_sort(members.begin(), members.end(),
                   [](const Member& a, const Member& b) { return IsKeyBefore(a.key, b.key); });
  json += '{';
  bool is_first = true;
  for (size_t i = 0; i < members.size(); ++i) {
    // Of equal keys the last.
    if (i + 1 < members.size() && members[i].key == members[i + 1].key) continue;
    if (!is_first) json += ", ";
    is_first = false;
    AppendQuoted(members[i].key, json);
    json += ": ";
    json += members[i].json;
  }
  json += '}';
  return true;
}

bool JsonReader::SkipAny() {
  size_t depth = 0;
  do {
    const char character = Peek();
    if (character == 0) return false;
    if (character == '"') {
      for (++place_; place_ < text_.size() && text_[place_] != '"'; ++place_) place_ += text_[place_] == '\\';
      if (place_ >= text_.size()) return false;
      ++place_;
    } else if (character == '{' || character == '[') {
      ++depth;
      ++place_;
    } else if (character == '}' || character == ']') {
      if (depth == 0) return false;
      --depth;
      ++place_;
    } else {
      // A word, a number or what stands between.
      ++place_;
      while (depth == 0 && place_ < text_.size() && text_[place_] != ',' && text_[place_] != '}') ++place_;
    }
  } while (depth > 0);
  return true;
}

}  // namespace donut::history
