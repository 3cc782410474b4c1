#include "cli/time_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"

namespace donut::cli {
namespace {

constexpr double kFirstMilliseconds = 1e11;
constexpr double kMostMilliseconds = 1e14;
constexpr double kMostUnixSeconds = 253402300799.0;  // the end of the year 9999
constexpr int kNanosecondDigits = 9;
constexpr char kNoZone[] = "not a time such as 2024-01-31T05:00:00Z (the zone is needed)";

// The digits of `text` from `at` on; -1 when there are others.
int Digits(std::string_view text, size_t at, size_t count) {
  int number = 0;
  for (size_t i = at; i < at + count; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
    number = number * 10 + (text[i] - '0');
  }
  return number;
}

// What a clock on the wall shows, and the rest of the text.
struct WallTime {
  absl::CivilSecond civil;
  absl::Duration fraction;
  std::string_view rest;
};

// "2024-01-31", with "T05:00", "T05:00:00" and "T05:00:00.25"; T may be a space. Nothing that abseil
// would read otherwise: a minute is some hundred times as many nanoseconds there.
std::optional<WallTime> ReadWallTime(std::string_view text) {
  const int year = Digits(text, 0, 4), month = Digits(text, 5, 2), day = Digits(text, 8, 2);
  if (year < 1 || month < 1 || month > 12 || day < 1 || text[4] != '-' || text[7] != '-') return {};
  const absl::CivilDay date(year, month, day);
  if (date.day() != day) return {};
  WallTime wall{absl::CivilSecond(date), absl::ZeroDuration(), text.substr(10)};
  const auto is_separator = [](char c) { return c == 'T' || c == ' ' || c == 't'; };
  if (wall.rest.empty() || !is_separator(wall.rest[0])) return wall;
  const int hour = Digits(text, 11, 2), minute = Digits(text, 14, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || text[13] != ':') return {};
  wall.civil += hour * 3600 + minute * 60;
  wall.rest = text.substr(16);
  if (!wall.rest.starts_with(':')) return wall;
  const int second = Digits(text, 17, 2);
  if (second < 0 || second > 60) return {};
  wall.civil += second;
  wall.rest = text.substr(19);
  if (!wall.rest.starts_with('.')) return wall;
  const size_t digits = std::min(wall.rest.find_first_not_of("0123456789", 1), wall.rest.size()) - 1;
  if (digits == 0) return {};
  const size_t kept = std::min<size_t>(digits, kNanosecondDigits);
  int64_t nanoseconds = Digits(wall.rest, 1, kept);
  for (size_t i = kept; i < kNanosecondDigits; ++i) nanoseconds *= 10;
  wall.fraction = absl::Nanoseconds(nanoseconds);
  wall.rest.remove_prefix(1 + digits);
  return wall;
}

// "Z", "+01:00"; nothing else.
std::optional<absl::Duration> ReadOffset(std::string_view text) {
  if (text == "Z" || text == "z") return absl::ZeroDuration();
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return {};
  const int hours = Digits(text, 1, 2), minutes = Digits(text, 4, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return {};
  const absl::Duration offset = absl::Minutes(hours * 60 + minutes);
  return text[0] == '-' ? -offset : offset;
}

std::optional<double> ReadNumber(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

// Whether what the pattern reads says which zone it is in.
bool HasZone(const std::string& pattern) {
  for (const char* directive : {"%z", "%Ez", "%E*z", "%:z", "%s"}) {
    if (pattern.find(directive) != std::string::npos) return true;
  }
  return false;
}

absl::Status Usage(const char* option, const std::string& rule) {
  return absl::InvalidArgumentError(absl::StrCat(option, ": ", rule));
}

}  // namespace

absl::StatusOr<absl::Time> ParseRfc3339(std::string_view text) {
  const bool has_seconds = text.size() >= 20 && text[16] == ':';
  const std::optional<WallTime> wall = has_seconds ? ReadWallTime(text) : std::nullopt;
  const std::optional<absl::Duration> offset = wall ? ReadOffset(wall->rest) : std::nullopt;
  if (!offset) return absl::InvalidArgumentError(kNoZone);
  return absl::FromCivil(wall->civil, absl::UTCTimeZone()) + wall->fraction - *offset;
}

absl::StatusOr<absl::Time> FromUnixNumber(double number) {
  if (!std::isfinite(number) || std::abs(number) >= kMostMilliseconds) {
    return absl::InvalidArgumentError("not a time in Unix seconds or milliseconds");
  }
  const double microseconds = std::abs(number) < kFirstMilliseconds ? number * 1e6 : number * 1e3;
  return absl::FromUnixMicros(std::llround(microseconds));
}

absl::StatusOr<absl::Time> ParseTimeText(std::string_view text) {
  if (text.find('-', 1) == std::string_view::npos) {
    if (const std::optional<double> number = ReadNumber(text)) return FromUnixNumber(*number);
  }
  return ParseRfc3339(text);
}

absl::StatusOr<TimeReader> TimeReader::Create(const std::string& format, const std::string& zone) {
  TimeReader reader;
  reader.has_zone_ = !zone.empty();
  if (reader.has_zone_ && !absl::LoadTimeZone(zone, &reader.zone_)) {
    return Usage("--time-zone", absl::StrCat(zone, " is not known: a name such as Europe/Berlin or UTC"));
  }
  if (format.empty() || format == "auto") return reader;
  if (format == "rfc3339") {
    reader.kind_ = Kind::kRfc3339;
    return reader;
  }
  if (format == "unix" || format == "unix-ms" || format == "unix-us") {
    if (reader.has_zone_) return Usage("--time-zone", "Unix times have no zone: leave it out");
    reader.kind_ = Kind::kUnix;
    reader.units_per_second_ = format == "unix" ? 1 : format == "unix-ms" ? 1e3 : 1e6;
    return reader;
  }
  if (format.find('%') == std::string::npos) {
    return Usage("--time-format",
                 "must be auto, rfc3339, unix, unix-ms, unix-us or a pattern such as '%d.%m.%Y %H:%M:%S'");
  }
  if (!reader.has_zone_ && !HasZone(format)) {
    return Usage("--time-format",
                 "the pattern reads no zone (%z): say which one with --time-zone, such as UTC");
  }
  reader.kind_ = Kind::kPattern;
  reader.pattern_ = format;
  return reader;
}

absl::StatusOr<absl::Time> TimeReader::Read(std::string_view text) const {
  switch (kind_) {
    case Kind::kUnix:
      return ReadUnix(text);
    case Kind::kPattern:
      return ReadPattern(text);
    case Kind::kAuto:
    case Kind::kRfc3339:
      break;
  }
  absl::StatusOr<absl::Time> time = kind_ == Kind::kAuto ? ParseTimeText(text) : ParseRfc3339(text);
  return time.ok() ? time : ReadLocal(text);
}

absl::StatusOr<absl::Time> TimeReader::ReadLocal(std::string_view text) const {
  const std::optional<WallTime> wall = ReadWallTime(text);
  if (!wall || !wall->rest.empty()) {
    return absl::InvalidArgumentError("not a time such as 2024-01-31T05:00:00Z: see --time-format");
  }
  if (!has_zone_) {
    return absl::InvalidArgumentError("a time without a zone: say which one with --time-zone, such as UTC");
  }
  return absl::FromCivil(wall->civil, zone_) + wall->fraction;
}

absl::StatusOr<absl::Time> TimeReader::ReadUnix(std::string_view text) const {
  const std::optional<double> number = ReadNumber(text);
  const double seconds = number.value_or(NAN) / units_per_second_;
  if (!(std::abs(seconds) <= kMostUnixSeconds)) {
    return absl::InvalidArgumentError("not a Unix time of the unit that --time-format says");
  }
  return absl::FromUnixMicros(std::llround(*number * (1e6 / units_per_second_)));
}

absl::StatusOr<absl::Time> TimeReader::ReadPattern(std::string_view text) const {
  absl::Time time;
  const absl::TimeZone zone = has_zone_ ? zone_ : absl::UTCTimeZone();
  if (absl::ParseTime(pattern_, std::string(text), zone, &time, nullptr)) return time;
  return absl::InvalidArgumentError("not a time as --time-format has it");
}

}  // namespace donut::cli
