// Eight bytes of text at a time: nearly all text is ASCII without anything special in it, and one test
// tells so for all eight. Never reads beyond what it is given. Pure functions.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "google/protobuf/io/coded_stream.h"

namespace donut::collector {

// The first byte is the lowest, on any machine.
using TextWord = uint64_t;
inline constexpr size_t kTextWordBytes = sizeof(TextWord);

// `byte` eight times.
constexpr TextWord Repeated(unsigned char byte) { return TextWord{0x0101010101010101} * byte; }
inline constexpr TextWord kHighBits = Repeated(0x80);

// The `count` bytes from `at`, 1 to 8; spaces behind them.
inline TextWord LoadTextWord(const char* at, size_t count) {
  using google::protobuf::io::CodedInputStream;
  const auto* bytes = reinterpret_cast<const uint8_t*>(at);
  if (count == kTextWordBytes) {
    uint64_t word;
    CodedInputStream::ReadLittleEndian64FromArray(bytes, &word);
    return word;
  }
  const TextWord spaces = Repeated(' ') << (8 * count);
  if (count >= 4) {  // two halves that overlap
    uint32_t low;
    uint32_t high;
    CodedInputStream::ReadLittleEndian32FromArray(bytes, &low);
    CodedInputStream::ReadLittleEndian32FromArray(bytes + count - 4, &high);
    return spaces | low | TextWord{high} << (8 * (count - 4));
  }
  // The first, the middle and the last byte are all there are, some of them twice.
  return spaces | bytes[0] | TextWord{bytes[count / 2]} << (8 * (count / 2)) |
         TextWord{bytes[count - 1]} << (8 * (count - 1));
}

// Not 0 when a byte is NUL, one that JSON wants escaped, or not ASCII; then FirstMarked is the first of them.
// Only such a byte makes a subtraction borrow from the next one.
inline TextWord NotPlainJson(TextWord word) {
  const TextWord control = word - Repeated(' ');
  const TextWord quote = (word ^ Repeated('"')) - Repeated(1);
  const TextWord backslash = (word ^ Repeated('\\')) - Repeated(1);
  return (word | control | quote | backslash) & kHighBits;
}

// The bytes before the first marked one. Those behind it may be marked by a borrow only.
inline size_t FirstMarked(TextWord marks) { return static_cast<size_t>(std::countr_zero(marks)) / 8; }

}  // namespace donut::collector
