// The whole answer of GetActiveUsers as terminal text and as CSV: the series in any granularity, the interval
// before it, the breakdown. (What the view shows of it is in active_users.h.) Plain functions, thread-safe.
#pragma once

#include <string>

#include "cli/render/table.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/active_users.pb.h"

namespace donut::cli {

std::string ActiveUsersText(const v1::GetActiveUsersResponse& response, const PageOptions& options);
// A row per bucket: of all, then of each value of the breakdown, then of the interval before.
std::string ActiveUsersCsv(const v1::GetActiveUsersResponse& response);

}  // namespace donut::cli
