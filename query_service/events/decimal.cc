#include "query_service/events/decimal.h"

#include <charconv>

#include "history/property_json.h"

namespace donut::query {
namespace {

// A decimal without sign, zeros that say nothing, and point.
struct Digits {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;

  explicit Digits(std::string_view text) {
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
      negative = text[0] == '-';
      text.remove_prefix(1);
    }
    const size_t point = text.find('.');
    whole = text.substr(0, point);
    if (point != std::string_view::npos) fraction = text.substr(point + 1);
    while (!whole.empty() && whole.front() == '0') whole.remove_prefix(1);
    while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
    if (whole.empty() && fraction.empty()) negative = false;
  }
};

int CompareSizes(const Digits& a, const Digits& b) {
  if (a.whole.size() != b.whole.size()) return a.whole.size() < b.whole.size() ? -1 : 1;
  if (const int whole = a.whole.compare(b.whole); whole != 0) return whole;
  return a.fraction.compare(b.fraction);
}

}  // namespace

int CompareDecimals(std::string_view a, std::string_view b) {
  const Digits one(a);
  const Digits other(b);
  if (one.negative != other.negative) return one.negative ? -1 : 1;
  const int sizes = CompareSizes(one, other);
  return one.negative ? -sizes : sizes;
}

std::string ToDecimal(double number) {
  char buffer[32];
  const char* const end = std::to_chars(buffer, buffer + sizeof(buffer), number).ptr;
  return history::NormalizeNumber(std::string_view(buffer, static_cast<size_t>(end - buffer)));
}

}  // namespace donut::query
