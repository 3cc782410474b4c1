// The machine that figures come from, as remarks: figures without it say nothing. No state.
#pragma once

#include <string>

namespace donut::bench {

// Prints processor, memory, kernel, the file system that holds `folder`, and how busy the machine has been in
// the last minute: what else runs spoils the figures.
void PrintMachine(const std::string& folder);

}  // namespace donut::bench
