#include "query_service/rate.h"

#include <algorithm>
#include <cmath>

namespace donut::query {
namespace {

constexpr double kZ = 1.959963984540054;  // two-sided 95 %

}  // namespace

std::optional<v1::Rate> ShareOf(int64_t part, int64_t whole) {
  if (whole == 0) return std::nullopt;
  const double n = static_cast<double>(whole);
  const double p = static_cast<double>(part) / n;
  const double scale = 1 + kZ * kZ / n;
  const double center = (p + kZ * kZ / (2 * n)) / scale;
  const double half = kZ / scale * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n));
  v1::Rate rate;
  rate.set_value(p);
  // At the ends the bound is exact; the formula misses it by a rounding.
  rate.set_low(part == 0 ? 0 : std::max(0.0, center - half));
  rate.set_high(part == whole ? 1 : std::min(1.0, center + half));
  return rate;
}

}  // namespace donut::query
