// The page of `donut verify`: each question with what both engines took and whether they agree. Plain
// functions, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cli/render/table.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/scope.pb.h"

namespace donut::cli {

enum class Agreement {
  kEqual,
  kDifferent,
  // Nobody can tell: an engine did not answer, or the events changed each time.
  kUnknown,
};

struct VerifiedQuestion {
  std::string title;
  Agreement agreement = Agreement::kUnknown;
  // Where they differ, or why it is unknown.
  std::string detail = {};
  absl::Duration sql_time = {};
  absl::Duration history_time = {};
};

// Why histories did not answer, from their refusal.
std::string WhyNotByHistory(const absl::Status& status);

std::string VerificationText(const v1::ResolvedScope& scope, const std::vector<VerifiedQuestion>& questions,
                             const PageOptions& options);

// kExitFailed when any differs, or none could be verified: that must not look like a success.
int ExitCodeOf(const std::vector<VerifiedQuestion>& questions);

}  // namespace donut::cli
