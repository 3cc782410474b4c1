#include "query_service/events/durations.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

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

// Where sorting parts of them takes no time to speak of.
constexpr size_t kFewValues = 2'000;

// The values at these ranks, which ascend, were all of them sorted.
std::vector<int64_t> SelectFew(const std::vector<size_t>& ranks, std::vector<int64_t>& values) {
  std::vector<int64_t> found;
  auto settled = values.begin();
  for (const size_t rank : ranks) {
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(settled, place, values.end());
    settled = place;
    found.push_back(*place);
  }
  return found;
}

// Classes of values, 256 to each doubling of the distance from the least: the leading bits of a double. Their
// order is that of the values.
class ValueClasses {
 public:
  static constexpr size_t kCount = 65 << 8;

  explicit ValueClasses(int64_t least) : least_(static_cast<uint64_t>(least)) {}

  size_t Of(int64_t value) const {
    const double distance = static_cast<double>(static_cast<uint64_t>(value) - least_) + 1;
    return static_cast<size_t>((std::bit_cast<uint64_t>(distance) - std::bit_cast<uint64_t>(1.0)) >> 44);
  }

 private:
  const uint64_t least_;
};

// The same in two passes without branches that cannot be foreseen: which class each rank lies in, and then
// the few values of those classes.
std::vector<int64_t> SelectMany(const std::vector<size_t>& ranks, const std::vector<int64_t>& values) {
  const ValueClasses classes(*std::min_element(values.begin(), values.end()));
  std::vector<uint32_t> counts(ValueClasses::kCount);
  for (const int64_t value : values) ++counts[classes.Of(value)];
  // By class: 0, or its place in `of_class` from 1.
  std::vector<uint8_t> wanted(ValueClasses::kCount);
  std::vector<std::vector<int64_t>> of_class;
  // Of each rank, its class, and its rank in it.
  std::vector<std::pair<size_t, size_t>> places;
  size_t current = 0;
  size_t before = 0;
  for (const size_t rank : ranks) {
    while (before + counts[current] <= rank) before += counts[current++];
    if (wanted[current] == 0) {
      of_class.emplace_back().reserve(counts[current]);
      wanted[current] = static_cast<uint8_t>(of_class.size());
    }
    places.emplace_back(wanted[current] - 1, rank - before);
  }
  for (const int64_t value : values) {
    const uint8_t place = wanted[classes.Of(value)];
    if (place != 0) of_class[place - size_t{1}].push_back(value);
  }
  std::vector<int64_t> found;
  found.reserve(places.size());
  for (const auto& [place, rank] : places) found.push_back(SelectFew({rank}, of_class[place])[0]);
  return found;
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
  std::vector<size_t> ranks;
  for (const double fraction : fractions) {
    const double place = fraction * static_cast<double>(values.size() - 1);
    ranks.push_back(static_cast<size_t>(std::floor(place)));
    ranks.push_back(static_cast<size_t>(std::ceil(place)));
  }
  const std::vector<int64_t> found =
      values.size() < kFewValues ? SelectFew(ranks, values) : SelectMany(ranks, values);
  std::vector<double> percentiles;
  for (size_t i = 0; i < fractions.size(); ++i) {
    const double place = fractions[i] * static_cast<double>(values.size() - 1);
    const auto low = static_cast<double>(found[2 * i]);
    const auto high = static_cast<double>(found[2 * i + 1]);
    const bool lies_between = ranks[2 * i] != ranks[2 * i + 1];
    percentiles.push_back(lies_between ? low + (place - std::floor(place)) * (high - low) : low);
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
