// Times as files have them: RFC 3339, Unix numbers, and patterns. Errors are INVALID_ARGUMENT whose message
// names the rule, never the value. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace donut::cli {

// RFC 3339 with a zone ("2024-01-31T05:00:00Z", "2024-01-31 05:00:00.5+01:00").
absl::StatusOr<absl::Time> ParseRfc3339(std::string_view text);

// Unix seconds, or milliseconds from 10^11 on (1973).
absl::StatusOr<absl::Time> FromUnixNumber(double number);

// A text that is one or the other.
absl::StatusOr<absl::Time> ParseTimeText(std::string_view text);

// Reads times that are all written in one way.
class TimeReader {
 public:
  // `format`:
  //   "" or "auto"                    as ParseTimeText
  //   "rfc3339"                       only RFC 3339
  //   "unix", "unix-ms", "unix-us"    seconds, milliseconds, microseconds
  //   a pattern with % in it          as strptime, such as "%d.%m.%Y %H:%M"; %E*S: seconds with a fraction
  // `zone`: a name such as Europe/Berlin, for times that have none. With it, the first two also take
  // "2024-01-31 05:00:00", "2024-01-31 05:00" and "2024-01-31". An hour that the clock change repeats is the
  // first one.
  // INVALID_ARGUMENT names the option: --time-format or --time-zone.
  static absl::StatusOr<TimeReader> Create(const std::string& format, const std::string& zone);

  absl::StatusOr<absl::Time> Read(std::string_view text) const;

 private:
  enum class Kind { kAuto, kRfc3339, kUnix, kPattern };
  absl::StatusOr<absl::Time> ReadLocal(std::string_view text) const;
  absl::StatusOr<absl::Time> ReadUnix(std::string_view text) const;
  absl::StatusOr<absl::Time> ReadPattern(std::string_view text) const;

  Kind kind_ = Kind::kAuto;
  double units_per_second_ = 1;
  std::string pattern_;
  bool has_zone_ = false;
  absl::TimeZone zone_;
};

}  // namespace donut::cli
