// Active users as terminal text: now, and as a series. Plain functions, thread-safe.
#pragma once

#include "cli/render/table.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/active_users.pb.h"

namespace donut::cli {

// Today, the last 7 and 30 days, stickiness; `today` is the day of as_of.
void RenderActiveNow(const v1::ActiveUsersBucket& today, Page& page);

// A daily series with bars. Up to 31 days: a row per day. Longer: a row per 7, then per 30 days, with the
// distinct users of the 7 or 30 days that end with the row's day, counted backwards from the last day.
void RenderActiveSeries(const v1::GetActiveUsersResponse& response, Page& page);

}  // namespace donut::cli
