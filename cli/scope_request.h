// From the options that all metrics share to a Scope, and back from the service's refusal to the option that
// is wrong. Plain functions, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/scope.pb.h"

namespace donut::cli {

// As they are typed; empty is the service's default.
struct ScopeArguments {
  std::string start = {};  // "2024-01-31"
  std::string end = {};    // the last day meant, included
  std::string time_zone = {};
  std::string as_of = {};  // RFC 3339
  std::string week_start = {};
  std::string preset = {};
  std::string engine = {};
  std::vector<std::string> where = {};  // filter expressions; all must pass
  std::string filter = {};              // a Filter as JSON, which must pass as well
};

// The furthest that a time zone lies from UTC.
inline constexpr absl::Duration kMaxZoneOffset = absl::Hours(14);

struct Days {
  std::optional<absl::CivilDay> first = {};
  std::optional<absl::CivilDay> last = {};  // included
};

// "2024-01-31", within the years that the service knows. INVALID_ARGUMENT names the option.
absl::StatusOr<absl::CivilDay> ParseDay(const std::string& option, const std::string& text);

// The days of --start and --end, of which an end alone makes 30. INVALID_ARGUMENT where the first is behind
// the last; `now` tells what today is, as far as that can be known without the time zone.
absl::StatusOr<Days> ParseDays(const std::string& start, const std::string& end, absl::Time now);

// The API's end date is exclusive: last + 1 is sent.
void SetInterval(const Days& days, v1::Interval& interval);

// "auto", "sql" or "history"; empty: the service's default.
absl::StatusOr<v1::Engine> ParseEngine(const std::string& engine);

// INVALID_ARGUMENT that names the option.
absl::StatusOr<v1::Scope> ToScope(const ScopeArguments& arguments, absl::Time now);

// A refusal of the service, "funnel.steps[1].filter: must ...", with its field called as the option is.
std::string InOptionNames(const std::string& message);

}  // namespace donut::cli
