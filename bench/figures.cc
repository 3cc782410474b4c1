#include "bench/figures.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_format.h"

namespace donut::bench {

std::string FigureLine(const std::string& name, double value, const std::string& unit) {
  const int decimals = std::fabs(value) >= 100 || value == std::floor(value) ? 0 : 3;
  return absl::StrFormat("%s %.*f %s", name, decimals, value, unit);
}

void PrintFigure(const std::string& name, double value, const std::string& unit) {
  std::printf("%s\n", FigureLine(name, value, unit).c_str());
  std::fflush(stdout);
}

void PrintRemark(const std::string& text) {
  std::printf("# %s\n", text.c_str());
  std::fflush(stdout);
}

void ShowProgress(const std::string& text) { std::fprintf(stderr, "  %s\n", text.c_str()); }

void Fail(const std::string& what) {
  // Of several threads that fail at once the first one ends the program.
  static std::atomic<bool> failed = false;
  while (failed.exchange(true)) pause();
  std::fprintf(stderr, "bench: %s\n", what.c_str());
  std::exit(1);
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace donut::bench
