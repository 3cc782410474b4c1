// The machine that figures come from, as remarks: figures without it say nothing. No state.
#pragma once

#include <string>

namespace donut::bench {

// Prints processor, memory, kernel, the build and the file system that holds `folder`.
void PrintMachine(const std::string& folder);

}  // namespace donut::bench
