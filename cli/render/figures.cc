#include "cli/render/figures.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/proto_time.h"

namespace donut::cli {
namespace {

constexpr double kMinute = 60;
constexpr double kHour = 60 * kMinute;
constexpr double kDay = 24 * kHour;
constexpr double kLargestInFull = 1e13;

// "3 m 20 s", without a second part of zero.
std::string TwoUnits(double seconds, double big, const char* big_unit, double small, const char* small_unit) {
  const int64_t in_small = std::llround(seconds / small);
  const int64_t per_big = std::llround(big / small);
  const int64_t rest = in_small % per_big;
  std::string text = absl::StrCat(in_small / per_big, " ", big_unit);
  if (rest > 0) absl::StrAppend(&text, " ", rest, " ", small_unit);
  return text;
}

}  // namespace

std::string Count(int64_t number) {
  const std::string digits = absl::StrCat(number);
  const size_t sign = number < 0 ? 1 : 0;
  std::string result;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > sign && (digits.size() - i) % 3 == 0) result += ',';
    result += digits[i];
  }
  return result;
}

std::string Counted(int64_t number, const std::string& one) {
  return absl::StrCat(Count(number), " ", one, number == 1 ? "" : "s");
}

std::string Amount(double amount) {
  if (!(std::abs(amount) < kLargestInFull)) return absl::StrFormat("%g", amount);
  const int64_t hundredths = std::llround(std::abs(amount) * 100);
  std::string text = absl::StrCat(amount < 0 && hundredths > 0 ? "-" : "", Count(hundredths / 100));
  const int64_t rest = hundredths % 100;
  if (rest == 0) return text;
  absl::StrAppend(&text, absl::StrFormat(".%02d", rest));
  if (text.back() == '0') text.pop_back();
  return text;
}

double Share(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

std::string Percent(double fraction) {
  if (std::isnan(fraction)) return kAbsent;
  const double percent = fraction * 100;
  if (percent == 0 || percent == 100) return absl::StrFormat("%.0f%%", percent);
  // Rounding must not claim everybody or nobody.
  if (percent > 99.9 && percent < 100) return percent >= 99.95 ? ">99.9%" : "99.9%";
  if (percent > 0 && percent < 0.05) return "<0.1%";
  return absl::StrFormat("%.1f%%", percent);
}

std::string Percent(bool has_rate, const v1::Rate& rate) {
  return has_rate ? Percent(rate.value()) : kAbsent;
}

std::string RateInterval(bool has_rate, const v1::Rate& rate) {
  if (!has_rate || !rate.has_low() || !rate.has_high()) return "";
  return absl::StrFormat("%.0f-%.0f%%", std::floor(rate.low() * 100), std::ceil(rate.high() * 100));
}

std::string Seconds(double seconds) {
  if (std::isnan(seconds)) return kAbsent;
  if (seconds == 0) return "0 s";
  if (seconds < 0.001) return absl::StrFormat("%.0f µs", seconds * 1e6);
  if (seconds < 0.01) return absl::StrFormat("%.1f ms", seconds * 1e3);
  if (seconds < 0.9995) return absl::StrFormat("%.0f ms", seconds * 1e3);
  if (seconds < 59.95) return absl::StrFormat("%.1f s", seconds);
  if (seconds < kHour - 0.5) return TwoUnits(seconds, kMinute, "m", 1, "s");
  if (seconds < kDay - kMinute / 2) return TwoUnits(seconds, kHour, "h", kMinute, "m");
  return TwoUnits(seconds, kDay, "d", kHour, "h");
}

absl::Time TimeOf(const google::protobuf::Timestamp& timestamp) {
  return FromProto(timestamp, "time").value_or(absl::UnixEpoch());
}

absl::TimeZone ZoneNamed(const std::string& name) {
  absl::TimeZone zone;
  return absl::LoadTimeZone(name, &zone) ? zone : absl::UTCTimeZone();
}

}  // namespace donut::cli
