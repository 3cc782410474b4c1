// What PostgreSQL takes as text, and how a text of the caller's is named in an
// answer. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace donut::collector {

// Well-formed UTF-8: no lone surrogates, no overlong forms, nothing above U+10FFFF.
bool IsUtf8(std::string_view text);

// `text` in double quotes, cut to about 40 bytes at the start of a character; what is
// not printable becomes '?'. Always well-formed UTF-8.
std::string Quoted(std::string_view text);

// The longest well-formed beginning of at most `max_bytes`, without NUL (which becomes '?').
std::string CleanText(std::string_view text, size_t max_bytes);

}  // namespace donut::collector
