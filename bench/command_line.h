// The command line of a benchmark program: flags only, and a --help that shows its own. For main.
#pragma once

#include <string>

namespace donut::bench {

// Parses the flags; --help and unknown flags end the program, other words too.
void ReadCommandLine(int argc, char** argv, const std::string& what_it_does);

}  // namespace donut::bench
