#include "collector/text_rules.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace donut::collector {
namespace {

constexpr size_t kQuotedBytes = 40;

// Bytes of the well-formed character that `text` begins with; 0 when there is none.
size_t CharacterBytes(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xED && byte(1) > 0x9F;
  const bool too_high = lead == 0xF4 && byte(1) > 0x8F;
  return overlong || surrogate || too_high ? 0 : length;
}

// Eight bytes at a time while they are ASCII: nearly all text is.
size_t AsciiPrefix(std::string_view text) {
  size_t at = 0;
  uint64_t word;
  for (; at + sizeof(word) <= text.size(); at += sizeof(word)) {
    std::memcpy(&word, text.data() + at, sizeof(word));
    if ((word & 0x8080808080808080u) != 0) break;
  }
  return at;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  text.remove_prefix(AsciiPrefix(text));
  while (!text.empty()) {
    const size_t bytes = CharacterBytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  const bool cut = text.size() > kQuotedBytes;
  while (!text.empty() && quoted.size() < kQuotedBytes) {
    const size_t bytes = CharacterBytes(text);
    const uint8_t lead = static_cast<uint8_t>(text[0]);
    if (bytes == 0 || lead < 0x20 || lead == 0x7F || lead == '"') {
      quoted += '?';
    } else {
      quoted += text.substr(0, bytes);
    }
    text.remove_prefix(std::max<size_t>(bytes, 1));
  }
  quoted += cut ? "...\"" : "\"";
  return quoted;
}

std::string CleanText(std::string_view text, size_t max_bytes) {
  std::string clean;
  while (!text.empty()) {
    const size_t bytes = CharacterBytes(text);
    const size_t taken = std::max<size_t>(bytes, 1);
    if (clean.size() + taken > max_bytes) break;
    if (bytes == 0 || text[0] == '\0') {
      clean += '?';
    } else {
      clean += text.substr(0, bytes);
    }
    text.remove_prefix(taken);
  }
  return clean;
}

}  // namespace donut::collector
