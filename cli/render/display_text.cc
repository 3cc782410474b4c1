#include "cli/render/display_text.h"

#include <locale.h>
#include <wchar.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace donut::cli {
namespace {

constexpr char kReplacement[] = "\xEF\xBF\xBD";  // U+FFFD
constexpr char kEllipsis[] = "…";
constexpr char kFullBlock[] = "█";
constexpr char kLightShade[] = "░";
constexpr int kEighths = 8;
const char* const kPartialBlocks[kEighths] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

// One character of a text: its bytes and code point; valid = false for a byte that is not UTF-8.
struct Character {
  size_t length = 1;
  uint32_t code_point = 0;
  bool valid = false;
};

Character DecodeAt(const std::string& text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(at);
  if (lead < 0x80) return {1, lead, true};
  const size_t length = lead >= 0xF0 && lead < 0xF5   ? 4
                        : lead >= 0xE0 && lead < 0xF0 ? 3
                        : lead >= 0xC2 && lead < 0xE0 ? 2
                                                      : 0;
  if (length == 0 || at + length > text.size()) return {};
  uint32_t code_point = lead & (0xFF >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return {};
    code_point = code_point << 6 | (byte(at + i) & 0x3F);
  }
  const bool overlong = (length == 3 && code_point < 0x800) || (length == 4 && code_point < 0x10000);
  const bool surrogate = code_point >= 0xD800 && code_point < 0xE000;
  if (overlong || surrogate || code_point > 0x10FFFF) return {};
  return {length, code_point, true};
}

struct Range {
  uint32_t first;
  uint32_t last;
};

// What Unicode calls default-ignorable (zero-width spaces and joiners, fillers, direction marks, variation
// selectors, tags), and the two separators that end a line.
constexpr Range kInvisible[] = {
    {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x061C, 0x061C}, {0x115F, 0x1160}, {0x17B4, 0x17B5},
    {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E}, {0x2060, 0x206F}, {0x3164, 0x3164},
    {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFF8}, {0x1BCA0, 0x1BCA3},
    {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

bool IsInvisible(uint32_t code_point) {
  return std::any_of(std::begin(kInvisible), std::end(kInvisible), [code_point](const Range& range) {
    return code_point >= range.first && code_point <= range.last;
  });
}

// The C library's own table of widths, whatever locale the user has.
int ColumnsOf(const Character& character) {
  static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (!character.valid) return 1;
  if (character.code_point < 0x80)
    return character.code_point >= 0x20 && character.code_point != 0x7F ? 1 : 0;
  const locale_t before = uselocale(utf8);
  const int columns = wcwidth(static_cast<wchar_t>(character.code_point));
  uselocale(before);
  return std::max(columns, 0);
}

}  // namespace

int DisplayWidth(const std::string& text) {
  int width = 0;
  for (size_t at = 0; at < text.size();) {
    const Character character = DecodeAt(text, at);
    width += ColumnsOf(character);
    at += character.length;
  }
  return width;
}

std::string Harmless(const std::string& text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const Character character = DecodeAt(text, at);
    const bool control =
        character.code_point < 0x20 || (character.code_point >= 0x7F && character.code_point < 0xA0);
    if (!character.valid || control || IsInvisible(character.code_point)) {
      result += kReplacement;
    } else {
      result.append(text, at, character.length);
    }
    at += character.length;
  }
  return result;
}

std::string CutToWidth(const std::string& text, int width) {
  if (DisplayWidth(text) <= width) return text;
  if (width <= 0) return "";
  std::string result;
  int used = 0;
  for (size_t at = 0; at < text.size();) {
    const Character character = DecodeAt(text, at);
    const int columns = ColumnsOf(character);
    if (used + columns > width - 1) break;
    result.append(text, at, character.length);
    used += columns;
    at += character.length;
  }
  return result + kEllipsis;
}

std::string PadRight(const std::string& text, int width) {
  std::string cut = CutToWidth(text, width);
  cut.append(std::max(0, width - DisplayWidth(cut)), ' ');
  return cut;
}

std::string PadLeft(const std::string& text, int width) {
  const std::string cut = CutToWidth(text, width);
  return std::string(std::max(0, width - DisplayWidth(cut)), ' ') + cut;
}

std::vector<std::string> WrapWords(const std::string& text, int width) {
  std::vector<std::string> lines;
  std::string line;
  const std::vector<std::string> words = absl::StrSplit(text, ' ', absl::SkipEmpty());
  for (const std::string& whole : words) {
    const std::string word = CutToWidth(whole, width);
    if (!line.empty() && DisplayWidth(line) + 1 + DisplayWidth(word) > width) {
      lines.push_back(line);
      line.clear();
    }
    absl::StrAppend(&line, line.empty() ? "" : " ", word);
  }
  if (!line.empty()) lines.push_back(line);
  return lines;
}

std::string Bar(double fraction, int width) {
  if (width <= 0) return "";
  const double share = std::isnan(fraction) ? 0 : std::clamp(fraction, 0.0, 1.0);
  int eighths = static_cast<int>(std::lround(share * width * kEighths));
  if (share > 0) eighths = std::max(eighths, 1);
  std::string bar;
  for (int i = 0; i < eighths / kEighths; ++i) bar += kFullBlock;
  bar += kPartialBlocks[eighths % kEighths];
  return PadRight(bar, width);
}

TwoPartBar BarWithLoss(double filled, double lost, int width) {
  const auto cells = [width](double fraction) {
    return static_cast<int>(std::lround(std::clamp(fraction, 0.0, 1.0) * width));
  };
  // Whole blocks: an eighth beside a shade would leave a gap.
  int full = cells(filled);
  if (filled > 0) full = std::clamp(full, 1, width);
  int shaded = std::max(0, cells(filled + lost) - full);
  if (lost > 0 && shaded == 0 && full > 1) {
    --full;
    shaded = 1;
  }
  TwoPartBar bar;
  for (int i = 0; i < full; ++i) bar.filled += kFullBlock;
  for (int i = 0; i < shaded; ++i) bar.lost += kLightShade;
  bar.padding.assign(std::max(0, width - full - shaded), ' ');
  return bar;
}

}  // namespace donut::cli
