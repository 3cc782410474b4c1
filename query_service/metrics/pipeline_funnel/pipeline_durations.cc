#include "query_service/metrics/pipeline_funnel/pipeline_durations.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

namespace donut::query {
namespace {

// numeric's digits have the base 10,000: the place of the first one, and itself.
std::pair<int, int> FirstDigit(unsigned __int128 number) {
  int place = 0;
  for (; number >= 10'000; number /= 10'000) ++place;
  return {place, static_cast<int>(number)};
}

// percentile_cont of integers from `begin` on, which may have been reordered before: what precedes `begin` is
// less or equal.
double Percentile(std::vector<int64_t>& numbers, double share, size_t& begin) {
  const double rank = share * static_cast<double>(numbers.size() - 1);
  const auto below = static_cast<size_t>(std::floor(rank));
  const auto above = static_cast<size_t>(std::ceil(rank));
  const auto at = numbers.begin() + static_cast<ptrdiff_t>(below);
  std::nth_element(numbers.begin() + static_cast<ptrdiff_t>(begin), at, numbers.end());
  begin = below;
  const auto low = static_cast<double>(*at);
  if (above == below) return low;
  const auto high = static_cast<double>(*std::min_element(at + 1, numbers.end()));
  return low + (rank - static_cast<double>(below)) * (high - low);
}

}  // namespace

double NumericMean(__int128 sum, int64_t count) {
  // select_div_scale: at least 16 significant digits, reckoned in digits of base 10,000.
  const auto [sum_place, sum_digit] = FirstDigit(static_cast<unsigned __int128>(sum));
  const auto [count_place, count_digit] = FirstDigit(static_cast<unsigned __int128>(count));
  const int place = sum_place - count_place - (sum_digit <= count_digit ? 1 : 0);
  const int scale = std::max(0, 16 - 4 * place);
  unsigned __int128 scaled = static_cast<unsigned __int128>(sum / count);
  auto rest = static_cast<unsigned __int128>(sum % count);
  std::string text;
  for (int i = 0; i < scale; ++i) {
    rest *= 10;
    scaled = scaled * 10 + rest / static_cast<unsigned __int128>(count);
    rest %= static_cast<unsigned __int128>(count);
  }
  if (rest * 2 >= static_cast<unsigned __int128>(count)) ++scaled;
  for (; scaled != 0 || static_cast<int>(text.size()) <= scale; scaled /= 10) {
    text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(scaled % 10)));
  }
  text.insert(text.end() - scale, '.');
  return std::strtod(text.c_str(), nullptr);
}

PipelineDurations StatisticsOf(std::vector<int64_t>& durations) {
  PipelineDurations statistics;
  if (durations.empty()) return statistics;
  __int128 sum = 0;
  for (const int64_t duration : durations) sum += duration;
  statistics.count = static_cast<int64_t>(durations.size());
  statistics.mean = NumericMean(sum, statistics.count);
  statistics.min = static_cast<double>(*std::min_element(durations.begin(), durations.end()));
  statistics.max = static_cast<double>(*std::max_element(durations.begin(), durations.end()));
  size_t begin = 0;
  statistics.median = Percentile(durations, 0.5, begin);
  statistics.p90 = Percentile(durations, 0.9, begin);
  statistics.p99 = Percentile(durations, 0.99, begin);
  return statistics;
}

}  // namespace donut::query
