// What every benchmark prints: a figure per line, `name value unit`, on standard output; remarks on
// lines that start with "#"; how far it is on standard error. Names are stable: scripts read them.
// No state; call from one thread.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace donut::bench {

// "ingest_raw_copy 612345 events/s". Three digits of precision at least, no exponents.
std::string FigureLine(const std::string& name, double value, const std::string& unit);
void PrintFigure(const std::string& name, double value, const std::string& unit);
void PrintRemark(const std::string& text);
void ShowProgress(const std::string& text);

// The benchmark cannot go on: says why and ends the program with 1. What it started is stopped.
[[noreturn]] void Fail(const std::string& what);

// Of an even number of values the mean of the middle two. Requires at least one.
double Median(std::vector<double> values);
// The smallest value that at least `share` of the sorted values do not exceed: 0.99 is p99.
// Requires at least one value.
template <typename Value>
Value Quantile(const std::vector<Value>& sorted, double share) {
  const auto count = static_cast<double>(sorted.size());
  // A share such as 0.99 is not exact: 99.00000000000001 of 100 means 99.
  const auto place = static_cast<size_t>(std::ceil(share * count - 1e-6));
  return sorted[std::clamp<size_t>(place, 1, sorted.size()) - 1];
}

}  // namespace donut::bench
