// What is known about where the output goes. Reads the environment: for the subcommands, not for
// what they call. Thread-safe.
#pragma once

#include "cli/render/table.h"

namespace donut::cli {

// 80 columns without colours for a file or pipe; on a terminal its width (40 to 120), with
// colours unless NO_COLOR is set or TERM is "dumb".
PageOptions PageOptionsFor(int file_descriptor);

bool IsTerminal(int file_descriptor);

}  // namespace donut::cli
