// What is text: client, collector and PostgreSQL must agree, or an event that one of them takes breaks the
// whole batch at the next. UTF-8 without overlong forms and surrogates, and to be stored without NUL.
// Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace donut {

// The length of the well-formed character at the start of `text`, or 0 when there is none. NUL is one.
size_t Utf8CharacterBytes(std::string_view text);

bool IsUtf8(std::string_view text);

// UTF-8 without NUL.
bool IsStorableText(std::string_view text);

// `text` with '?' in place of each byte that is not storable, cut at a character to at most `max_bytes`.
std::string ToStorableText(std::string_view text, size_t max_bytes);

}  // namespace donut
