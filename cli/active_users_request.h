// From the options of `donut active-users` to its request. Plain functions, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/scope_request.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/active_users.pb.h"

namespace donut::cli {

struct ActiveUsersArguments {
  ScopeArguments scope = {};
  std::string by = {};
  std::string actor = {};
  std::vector<std::string> events = {};
  std::string breakdown = {};
  int breakdown_limit = 0;
  bool compare = false;
};

// INVALID_ARGUMENT names the option.
absl::StatusOr<v1::GetActiveUsersRequest> ToActiveUsersRequest(const ActiveUsersArguments& arguments,
                                                               absl::Time now);

}  // namespace donut::cli
