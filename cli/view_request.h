// From the dates that a user types to the question that GetSummary takes. Plain, thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/summary.pb.h"

namespace donut::cli {

struct ViewDates {
  std::string start = {};  // "2024-01-31"; empty: 30 days that end with `end`, or the service's default
  std::string end = {};    // the last day meant, inclusive; empty: today
  std::string time_zone = {};
};

// INVALID_ARGUMENT that names the option. The API's end date is exclusive: end + 1 is sent.
absl::StatusOr<v1::GetSummaryRequest> ToSummaryRequest(const ViewDates& dates);

}  // namespace donut::cli
