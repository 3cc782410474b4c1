// What the collector and PostgreSQL accept as text: UTF-8 without NUL, overlong forms and
// surrogates. No state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace donut {

// The length of the character at the start of `text`, or 0 when there is none to accept.
size_t Utf8CharacterBytes(std::string_view text);

// Whether all of `text` is UTF-8 without NUL.
bool IsStorableText(std::string_view text);

// `text` with '?' in place of each byte that is not storable, cut at a character to at most `max_bytes`.
std::string ToStorableText(std::string_view text, size_t max_bytes);

}  // namespace donut
