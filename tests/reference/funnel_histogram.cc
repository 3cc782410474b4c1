#include "tests/reference/funnel_histogram.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "common/proto_time.h"
#include "tests/reference/funnel.h"

namespace donut::testing {
namespace {

constexpr int64_t kMostBins = 100;

// The least k for which `enough` holds.
template <typename Enough>
int64_t Least(int64_t k, const Enough& enough) {
  while (!enough(k)) ++k;
  return k;
}

int64_t BinCount(const v1::HistogramBins& asked, const std::vector<absl::Duration>& durations) {
  const int64_t n = static_cast<int64_t>(durations.size());
  if (durations.front() == durations.back()) return 1;
  if (asked.has_count()) return asked.count();
  switch (asked.rule()) {
    case v1::HISTOGRAM_RULE_STURGES:
      return Least(0, [&](int64_t k) { return (int64_t{1} << k) >= n; }) + 1;
    case v1::HISTOGRAM_RULE_SQUARE_ROOT:
      return Least(1, [&](int64_t k) { return k * k >= n; });
    case v1::HISTOGRAM_RULE_CUBE_ROOT:
      return Least(1, [&](int64_t k) { return k * k * k >= n; });
    default: {
      const double range = PercentileByDefinition(0.75, durations) - PercentileByDefinition(0.25, durations);
      if (range == 0) return 1;
      const double width = 2 * range / std::cbrt(static_cast<double>(n));
      return static_cast<int64_t>(
          std::ceil(absl::ToDoubleSeconds(durations.back() - durations.front()) / width - 1e-9));
    }
  }
}

}  // namespace

std::vector<v1::HistogramBin> HistogramByDefinition(const v1::HistogramBins& asked,
                                                    std::vector<absl::Duration> durations) {
  std::vector<v1::HistogramBin> bins;
  if (durations.empty()) return bins;
  std::sort(durations.begin(), durations.end());
  if (asked.has_edges()) {
    std::vector<absl::Duration> edges = {absl::ZeroDuration()};
    for (const auto& edge : asked.edges().edges()) {
      const absl::Duration at = absl::Floor(*FromProto(edge, "edge"), absl::Microseconds(1));
      if (at > absl::ZeroDuration()) edges.push_back(at);
    }
    for (size_t i = 0; i < edges.size(); ++i) {
      const bool is_last = i + 1 == edges.size();
      v1::HistogramBin& bin = bins.emplace_back();
      bin.set_low_seconds(absl::ToDoubleSeconds(edges[i]));
      if (!is_last) bin.set_high_seconds(absl::ToDoubleSeconds(edges[i + 1]));
      bin.set_count(std::count_if(durations.begin(), durations.end(), [&](absl::Duration duration) {
        return duration >= edges[i] && (is_last || duration < edges[i + 1]);
      }));
    }
    return bins;
  }
  const int64_t count = std::min(kMostBins, BinCount(asked, durations));
  const int64_t shortest = absl::ToInt64Microseconds(durations.front());
  const int64_t range = absl::ToInt64Microseconds(durations.back()) - shortest;
  for (int64_t i = 0; i < count; ++i) {
    v1::HistogramBin& bin = bins.emplace_back();
    const auto edge = [&](int64_t place) {
      return (static_cast<double>(shortest) +
              static_cast<double>(range) * static_cast<double>(place) / static_cast<double>(count)) /
             1e6;
    };
    bin.set_low_seconds(edge(i));
    bin.set_high_seconds(edge(i + 1));
    bin.set_count(std::count_if(durations.begin(), durations.end(), [&](absl::Duration duration) {
      // In whole numbers: `count` times as far from the shortest as it is.
      const int64_t distance = (absl::ToInt64Microseconds(duration) - shortest) * count;
      return distance >= range * i && (distance < range * (i + 1) || i + 1 == count);
    }));
  }
  return bins;
}

}  // namespace donut::testing
