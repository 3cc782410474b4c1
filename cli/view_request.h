// From the dates that a user types to the question that GetSummary takes. Plain, thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/summary.pb.h"

namespace donut::cli {

struct ViewDates {
  std::string start = {};  // "2024-01-31"; empty: 30 days that end with `end`, or the service's default
  std::string end = {};    // the last day meant, inclusive; empty: today
  std::string time_zone = {};
  std::string engine = {};  // see ParseEngine
};

// As many cohorts as the service answers retention for, in the view's days.
inline constexpr int kMaxViewDays = 500;

// INVALID_ARGUMENT that names the option. The API's end date is exclusive: end + 1 is sent. `now` tells how
// long a period is that has no end; what depends on the time zone is left to the service.
absl::StatusOr<v1::GetSummaryRequest> ToSummaryRequest(const ViewDates& dates, absl::Time now);

}  // namespace donut::cli
