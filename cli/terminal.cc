#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>

namespace donut::cli {
namespace {

constexpr int kMinWidth = 40;
constexpr int kMaxWidth = 120;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

bool IsTerminal(int file_descriptor) { return isatty(file_descriptor) == 1; }

PageOptions PageOptionsFor(int file_descriptor) {
  PageOptions options;
  if (!IsTerminal(file_descriptor)) return options;
  options.colours = Environment("NO_COLOR").empty() && Environment("TERM") != "dumb";
  winsize size{};
  if (ioctl(file_descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    options.width = std::clamp<int>(size.ws_col, kMinWidth, kMaxWidth);
  }
  return options;
}

}  // namespace donut::cli
