// The words that several metrics share on the command line. INVALID_ARGUMENT names the option. Plain
// functions, thread-safe.
#pragma once

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/breakdown.pb.h"
#include "donut/analytics/v1/scope.pb.h"

namespace donut::cli {

// user, run (or session). Empty: unspecified.
absl::StatusOr<v1::Actor> ParseActor(const std::string& text);

// hour, day, week, month. Empty: unspecified.
absl::StatusOr<v1::Granularity> ParseGranularity(const std::string& option, const std::string& text);

// What --breakdown and --breakdown-limit say.
absl::StatusOr<v1::Breakdown> BreakdownOf(const std::string& text, int limit);

// Into the request's `breakdown`, where either is given.
template <typename Request>
absl::Status SetBreakdown(const std::string& text, int limit, Request& request) {
  if (text.empty() && limit == 0) return absl::OkStatus();
  auto breakdown = BreakdownOf(text, limit);
  if (!breakdown.ok()) return breakdown.status();
  *request.mutable_breakdown() = *std::move(breakdown);
  return absl::OkStatus();
}

}  // namespace donut::cli
