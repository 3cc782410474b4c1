#include "collector/quoted_text.h"

#include <algorithm>
#include <cstdint>

#include "common/utf8.h"

namespace donut::collector {
namespace {

constexpr size_t kQuotedBytes = 40;

}  // namespace

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  const bool cut = text.size() > kQuotedBytes;
  while (!text.empty() && quoted.size() < kQuotedBytes) {
    const size_t bytes = Utf8CharacterBytes(text);
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

}  // namespace donut::collector
