// Decimal numbers that are added up exactly, as PostgreSQL's numeric is, however long they are: so that 0.1
// and 0.2 are 0.3, and the order of adding changes nothing. Those with up to 18 digits behind the point and
// 10 before are added like integers; longer ones cost a search. A plain value. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/numeric/int128.h"

namespace donut::query {

class ExactDecimal {
 public:
  // 0
  ExactDecimal() = default;
  // A decimal without exponent, as jsonb prints it.
  explicit ExactDecimal(std::string_view text);

  // Of up to 2^33 numbers that were read from texts.
  void Add(const ExactDecimal& other) {
    small_ += other.small_;
    if (!other.limbs_.empty()) AddLimbs(other.limbs_);
  }

  // Without needless zeros.
  std::string ToText() const;
  // The nearest double; the largest one for what lies beyond.
  double ToDouble() const;

 private:
  // A digit to the base of a thousand million: times that to the power. Sums of such digits, so they may be
  // larger than one.
  struct Limb {
    int32_t power = 0;
    int64_t digit = 0;
  };

  void AddLimbs(const std::vector<Limb>& limbs);
  void AddLimb(const Limb& limb);

  // Times 10^18.
  absl::int128 small_ = 0;
  // What does not fit there. Powers ascend.
  std::vector<Limb> limbs_;
};

// The nearest double of a decimal of any length; the largest one for what lies beyond.
double NearestDouble(std::string_view decimal);

}  // namespace donut::query
