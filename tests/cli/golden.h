// Texts that are compared with a file beside the tests. After a wanted change: DONUT_WRITE_GOLDEN=1 writes
// the files anew; read the difference. Plain functions.
#pragma once

#include <string>

#include "cli/render/table.h"

namespace donut::testing {

// Whether `text` is that of tests/cli/`name`.
void ExpectGolden(const std::string& name, const std::string& text);

// The widest line, without escape sequences.
int WidestLine(const std::string& text);

// Without escape sequences.
std::string Uncoloured(const std::string& text);

inline constexpr cli::PageOptions kNarrow = {.width = 80, .colours = false};
inline constexpr cli::PageOptions kWide = {.width = 120, .colours = false};

}  // namespace donut::testing
