// Lengths of time as people type them: 14d, 36h, 90m, 1h30m. Plain functions, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace donut::cli {

// Whole numbers, each with w, d (24 hours), h, m, s, ms or us, the larger units first. INVALID_ARGUMENT names
// the rule.
absl::StatusOr<absl::Duration> ParseDurationText(const std::string& text);

}  // namespace donut::cli
