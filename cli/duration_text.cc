#include "cli/duration_text.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace donut::cli {
namespace {

struct Unit {
  const char* name;
  absl::Duration length;
};

absl::Status NoDuration(const std::string& text) {
  return absl::InvalidArgumentError(
      absl::StrCat(text, " is no length of time such as 14d, 36h, 90m, 45s or 1h30m"));
}

}  // namespace

absl::StatusOr<absl::Duration> ParseDurationText(const std::string& text) {
  static constexpr char kDigits[] = "0123456789";
  static const Unit kUnits[] = {{"w", absl::Hours(7 * 24)},   {"d", absl::Hours(24)},
                                {"h", absl::Hours(1)},        {"m", absl::Minutes(1)},
                                {"s", absl::Seconds(1)},      {"ms", absl::Milliseconds(1)},
                                {"us", absl::Microseconds(1)}};
  absl::Duration sum = absl::ZeroDuration();
  absl::Duration before = absl::InfiniteDuration();
  if (text.empty()) return NoDuration(text);
  for (size_t at = 0; at < text.size();) {
    const size_t unit_at = std::min(text.find_first_not_of(kDigits, at), text.size());
    const size_t end = std::min(text.find_first_of(kDigits, unit_at), text.size());
    const std::string name = text.substr(unit_at, end - unit_at);
    int32_t number = 0;
    if (!absl::SimpleAtoi(text.substr(at, unit_at - at), &number)) return NoDuration(text);
    const Unit* found = nullptr;
    for (const Unit& unit : kUnits) {
      if (name == unit.name) found = &unit;
    }
    if (found == nullptr || found->length >= before) return NoDuration(text);
    sum += number * found->length;
    before = found->length;
    at = end;
  }
  return sum;
}

}  // namespace donut::cli
