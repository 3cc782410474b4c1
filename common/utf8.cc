#include "common/utf8.h"

#include <cstdint>
#include <cstring>

namespace donut {
namespace {

template <typename Word>
Word Load(const char* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

// Whether all eight bytes are ASCII: nearly all text is.
bool IsAscii(const char* bytes) { return (Load<uint64_t>(bytes) & 0x8080808080808080) == 0; }

// Whether all bytes of the word are from 1 to 127: of such, none borrows when 1 is taken from each, so that
// all top bits stay clear. The lowest NUL borrows and sets its own.
template <typename Word>
bool IsPlain(Word word) {
  constexpr Word kOnes = static_cast<Word>(0x0101010101010101);
  return (((word - kOnes) | word) & (kOnes << 7)) == 0;
}

// Whether all of it is ASCII without NUL, in a few loads: the last one overlaps the one before.
bool IsPlainAscii(std::string_view text) {
  const char* const bytes = text.data();
  const size_t size = text.size();
  if (size >= sizeof(uint64_t)) {
    for (size_t at = 0; at + sizeof(uint64_t) <= size; at += sizeof(uint64_t)) {
      if (!IsPlain(Load<uint64_t>(bytes + at))) return false;
    }
    return IsPlain(Load<uint64_t>(bytes + size - sizeof(uint64_t)));
  }
  if (size >= sizeof(uint32_t)) {
    return IsPlain(Load<uint32_t>(bytes)) && IsPlain(Load<uint32_t>(bytes + size - sizeof(uint32_t)));
  }
  for (const char byte : text) {
    if (static_cast<signed char>(byte) <= 0) return false;
  }
  return true;
}

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

}  // namespace

size_t Utf8CharacterBytes(std::string_view text) {
  if (text.empty()) return 0;
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (!IsContinuation(text[i])) return 0;
  }
  // Overlong forms, surrogates and what lies beyond U+10FFFF differ in the second byte.
  const auto second = static_cast<unsigned char>(text[1]);
  if (first == 0xE0 && second < 0xA0) return 0;
  if (first == 0xED && second > 0x9F) return 0;
  if (first == 0xF0 && second < 0x90) return 0;
  if (first == 0xF4 && second > 0x8F) return 0;
  return length;
}

bool IsUtf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= 8 && IsAscii(text.data() + at)) {
      at += 8;
      continue;
    }
    const size_t length = Utf8CharacterBytes(text.substr(at));
    if (length == 0) return false;
    at += length;
  }
  return true;
}

bool IsStorableText(std::string_view text) {
  return IsPlainAscii(text) || (text.find('\0') == std::string_view::npos && IsUtf8(text));
}

std::string ToStorableText(std::string_view text, size_t max_bytes) {
  std::string storable;
  while (!text.empty() && storable.size() < max_bytes) {
    const size_t length = text[0] == '\0' ? 0 : Utf8CharacterBytes(text);
    if (storable.size() + length > max_bytes) break;
    if (length == 0) {
      storable += '?';
      text.remove_prefix(1);
    } else {
      storable.append(text.substr(0, length));
      text.remove_prefix(length);
    }
  }
  return storable;
}

}  // namespace donut
