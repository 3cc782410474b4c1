// Text as a terminal shows it: how many columns it takes, cut and padded to a width, and made
// harmless. Names come from whoever sends events, so control characters never reach the terminal.
// Plain functions, thread-safe.
#pragma once

#include <string>
#include <vector>

namespace donut::cli {

// Columns that `text` (UTF-8, without escape sequences) takes: 2 for wide characters, 0 for
// combining ones. A byte that is not UTF-8 takes 1.
int DisplayWidth(const std::string& text);

// Control characters, invisible ones (zero-width, direction marks, variation selectors) and bytes that are
// not UTF-8 become U+FFFD: names that differ never look the same because of them.
std::string Harmless(const std::string& text);

// At most `width` columns; where something is cut, the last one is an ellipsis.
std::string CutToWidth(const std::string& text, int width);

// Exactly `width` columns: cut or filled with spaces.
std::string PadRight(const std::string& text, int width);
std::string PadLeft(const std::string& text, int width);

// Breaks at spaces into lines of at most `width` columns; longer words are cut.
std::vector<std::string> WrapWords(const std::string& text, int width);

// A bar of `width` columns in eighths, filled with spaces. `fraction` outside [0, 1] counts as the
// nearest edge; a fraction above 0 shows at least one eighth.
std::string Bar(double fraction, int width);

// `filled` in full blocks and, behind it, `lost` in light shade; both are shares of the width.
struct TwoPartBar {
  std::string filled;
  std::string lost;
  std::string padding;
};
TwoPartBar BarWithLoss(double filled, double lost, int width);

}  // namespace donut::cli
