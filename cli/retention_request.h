// From the options of `donut retention` and `donut retention-actors` to their requests. Plain functions,
// thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/scope_request.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/retention.pb.h"
#include "donut/analytics/v1/retention_actors.pb.h"

namespace donut::cli {

struct RetentionArguments {
  ScopeArguments scope = {};
  std::string cohort_date = {};
  std::string period = {};
  std::string offsets = {};       // "1,7,30", "1-14"
  std::string start_event = {};   // as a funnel's step
  std::string return_event = {};  // likewise
  std::string kind = {};
  std::string mode = {};
  std::string alignment = {};
  std::string brackets = {};  // "1-3,4-7"
  std::string breakdown = {};
  int breakdown_limit = 0;
  std::string value = {};
};

struct RetentionActorsArguments {
  RetentionArguments retention = {};
  std::string cohort = {};
  int offset = 0;
  std::string who = {};
};

// INVALID_ARGUMENT names the option.
absl::StatusOr<v1::GetRetentionRequest> ToRetentionRequest(const RetentionArguments& arguments,
                                                           absl::Time now);
absl::StatusOr<v1::ListRetentionActorsRequest> ToRetentionActorsRequest(
    const RetentionActorsArguments& arguments, absl::Time now);

}  // namespace donut::cli
