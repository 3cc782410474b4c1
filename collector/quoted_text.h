// How a text of the caller's is named in an answer: short, printable, and always well-formed
// UTF-8, whatever the text was. Pure function.
#pragma once

#include <string>
#include <string_view>

namespace donut::collector {

// `text` in double quotes, cut to about 40 bytes at the start of a character; what is
// not printable becomes '?'.
std::string Quoted(std::string_view text);

}  // namespace donut::collector
