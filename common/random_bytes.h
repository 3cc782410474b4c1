// Bytes that nobody can guess and nobody else gets: for ids and tokens. From the kernel at each call, so
// that a process forked off draws its own; a generator in the process's memory would be copied with it, and
// two children would take each other's ids. No state; thread-safe.
#pragma once

#include <cstddef>
#include <string>

namespace donut {

// Ends the process when the kernel has none to give, which Linux does not do.
std::string RandomBytes(size_t count);

}  // namespace donut
