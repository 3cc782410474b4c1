#include "query_service/events/exact_decimal.h"

#include <algorithm>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

namespace donut::query {
namespace {

constexpr int kLimbDigits = 9;
constexpr int64_t kLimbBase = 1'000'000'000;
// Of small_: two limbs behind the point.
constexpr int kSmallDigits = 18;
// So many numbers of 2^94 at most, and so many digits of 10^9, as Add allows do not overflow.
constexpr size_t kMostSmallDigitsBefore = 10;
// Above the highest power a sum of limbs takes up to three more.
constexpr size_t kCarryLimbs = 3;

int64_t ReadDigits(std::string_view digits) {
  int64_t number = 0;
  for (const char digit : digits) number = number * 10 + (digit - '0');
  return number;
}

// Makes each a digit from 0 on; true when what they stand for is negative, and they are of no use.
bool Carry(std::vector<int64_t>& limbs) {
  int64_t carry = 0;
  for (int64_t& limb : limbs) {
    limb += carry;
    carry = limb / kLimbBase;
    limb %= kLimbBase;
    if (limb < 0) {
      limb += kLimbBase;
      --carry;
    }
  }
  return carry < 0;
}

}  // namespace

ExactDecimal::ExactDecimal(std::string_view text) {
  const bool is_negative = !text.empty() && text[0] == '-';
  if (is_negative) text.remove_prefix(1);
  const size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point < text.size() ? text.substr(point + 1) : std::string_view();
  const int64_t sign = is_negative ? -1 : 1;
  if (whole.size() <= kMostSmallDigitsBefore && fraction.size() <= kSmallDigits) {
    int64_t behind = ReadDigits(fraction);
    for (size_t i = fraction.size(); i < kSmallDigits; ++i) behind *= 10;
    small_ = (absl::int128(ReadDigits(whole)) * kLimbBase * kLimbBase + behind) * sign;
    return;
  }
  for (size_t begin = 0, power = 0; begin < fraction.size(); begin += kLimbDigits) {
    std::string digits(fraction.substr(begin, kLimbDigits));
    digits.resize(kLimbDigits, '0');
    AddLimb({-static_cast<int32_t>(++power), sign * ReadDigits(digits)});
  }
  for (size_t end = whole.size(), power = 0; end > 0; ++power) {
    const size_t begin = end - std::min<size_t>(end, kLimbDigits);
    AddLimb({static_cast<int32_t>(power), sign * ReadDigits(whole.substr(begin, end - begin))});
    end = begin;
  }
}

void ExactDecimal::AddLimbs(const std::vector<Limb>& limbs) {
  for (const Limb& limb : limbs) AddLimb(limb);
}

void ExactDecimal::AddLimb(const Limb& limb) {
  const auto place = std::lower_bound(limbs_.begin(), limbs_.end(), limb,
                                      [](const Limb& a, const Limb& b) { return a.power < b.power; });
  if (place != limbs_.end() && place->power == limb.power) {
    place->digit += limb.digit;
  } else {
    limbs_.insert(place, limb);
  }
}

std::string ExactDecimal::ToText() const {
  // The powers that there are, with those of small_ among them.
  int32_t first = -2;
  int32_t last = 2;
  if (!limbs_.empty()) {
    first = std::min(first, limbs_.front().power);
    last = std::max(last, limbs_.back().power);
  }
  std::vector<int64_t> limbs(static_cast<size_t>(last - first) + 1 + kCarryLimbs, 0);
  for (const Limb& limb : limbs_) limbs[static_cast<size_t>(limb.power - first)] = limb.digit;
  absl::int128 rest = small_;
  for (int32_t power = -2; rest != 0; ++power) {
    limbs[static_cast<size_t>(power - first)] += static_cast<int64_t>(rest % kLimbBase);
    rest /= kLimbBase;
  }
  std::vector<int64_t> digits = limbs;
  const bool is_negative = Carry(digits);
  if (is_negative) {
    digits = limbs;
    for (int64_t& digit : digits) digit = -digit;
    Carry(digits);
  }
  std::string whole;
  std::string fraction;
  for (size_t i = digits.size(); i-- > 0;) {
    const bool is_whole = static_cast<int32_t>(i) + first >= 0;
    absl::StrAppendFormat(is_whole ? &whole : &fraction, "%09d", digits[i]);
  }
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return (is_negative ? "-" : "") + whole + (fraction.empty() ? "" : "." + fraction);
}

double ExactDecimal::ToDouble() const {
  if (small_ == 0 && limbs_.empty()) return 0;
  return NearestDouble(ToText());
}

double NearestDouble(std::string_view decimal) {
  double number = 0;
  if (!absl::SimpleAtod(absl::string_view(decimal.data(), decimal.size()), &number)) return 0;
  constexpr double kLargest = std::numeric_limits<double>::max();
  return std::clamp(number, -kLargest, kLargest);
}

}  // namespace donut::query
