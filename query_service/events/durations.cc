#include "query_service/events/durations.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

namespace donut::query {
namespace {

// PostgreSQL's numeric: digits of base 10,000, of which a quotient has at least so many decimals.
constexpr int kNumericBase = 10'000;
constexpr int kDecimalsPerDigit = 4;
constexpr int kLeastSignificantDecimals = 16;

// The first digit of base 10,000, and how many follow it.
struct LeadingDigit {
  int digit = 0;
  int weight = 0;

  explicit LeadingDigit(unsigned __int128 number) {
    for (; number >= kNumericBase; number /= kNumericBase) ++weight;
    digit = static_cast<int>(number);
  }
};

// Decimals of a quotient: select_div_scale.
int DecimalsOfQuotient(unsigned __int128 dividend, unsigned __int128 divisor) {
  const LeadingDigit above(dividend);
  const LeadingDigit below(divisor);
  const int weight = above.weight - below.weight - (above.digit <= below.digit ? 1 : 0);
  return std::max(0, kLeastSignificantDecimals - weight * kDecimalsPerDigit);
}

std::string Decimal(unsigned __int128 number) {
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(number % 10)));
    number /= 10;
  } while (number > 0);
  return digits;
}

}  // namespace

double NumericMean(__int128 sum, int64_t count) {
  const bool is_negative = sum < 0;
  const auto dividend =
      is_negative ? -static_cast<unsigned __int128>(sum) : static_cast<unsigned __int128>(sum);
  const auto divisor = static_cast<unsigned __int128>(count);
  std::string text = Decimal(dividend / divisor);
  text += '.';
  unsigned __int128 rest = dividend % divisor;
  for (int i = DecimalsOfQuotient(dividend, divisor); i > 0; --i) {
    rest *= 10;
    text += static_cast<char>('0' + static_cast<int>(rest / divisor));
    rest %= divisor;
  }
  // Half away from zero.
  if (rest * 2 >= divisor) {
    size_t i = text.size();
    while (i > 0 && (text[i - 1] == '9' || text[i - 1] == '.')) {
      if (text[--i] == '9') text[i] = '0';
    }
    if (i == 0) {
      text.insert(text.begin(), '1');
    } else {
      ++text[i - 1];
    }
  }
  const double mean = std::strtod(text.c_str(), nullptr);
  return is_negative ? -mean : mean;
}

std::vector<double> PercentilesCont(const std::vector<double>& fractions, std::vector<int64_t>& values) {
  std::vector<double> percentiles;
  auto from = values.begin();
  for (const double fraction : fractions) {
    const double place = fraction * static_cast<double>(values.size() - 1);
    const auto lower = values.begin() + static_cast<std::ptrdiff_t>(std::floor(place));
    std::nth_element(from, lower, values.end());
    // The lower places are settled, and nothing behind them is less.
    from = lower;
    auto low = static_cast<double>(*lower);
    if (std::ceil(place) > std::floor(place)) {
      const auto high = static_cast<double>(*std::min_element(lower + 1, values.end()));
      low += (place - std::floor(place)) * (high - low);
    }
    percentiles.push_back(low);
  }
  return percentiles;
}

double SecondsFromMicros(double micros) { return std::round(micros * 1e3) / 1e9; }

std::optional<v1::DurationStatistics> DurationStatisticsOf(std::vector<int64_t>& micros) {
  if (micros.empty()) return std::nullopt;
  __int128 sum = 0;
  int64_t shortest = micros[0];
  int64_t longest = micros[0];
  for (const int64_t one : micros) {
    sum += one;
    shortest = std::min(shortest, one);
    longest = std::max(longest, one);
  }
  const auto count = static_cast<int64_t>(micros.size());
  const std::vector<double> percentiles = PercentilesCont({0.5, 0.9, 0.99}, micros);
  v1::DurationStatistics statistics;
  statistics.set_count(count);
  statistics.set_mean_seconds(SecondsFromMicros(NumericMean(sum, count)));
  statistics.set_median_seconds(SecondsFromMicros(percentiles[0]));
  statistics.set_p90_seconds(SecondsFromMicros(percentiles[1]));
  statistics.set_p99_seconds(SecondsFromMicros(percentiles[2]));
  statistics.set_min_seconds(SecondsFromMicros(static_cast<double>(shortest)));
  statistics.set_max_seconds(SecondsFromMicros(static_cast<double>(longest)));
  return statistics;
}

}  // namespace donut::query
