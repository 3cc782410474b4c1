// How retention calls its cohorts and offsets. Plain functions, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/proto_alias.h"
#include "donut/analytics/v1/retention.pb.h"

namespace donut::cli {

// "day 7", with BRACKET "day 4-7", with ON_OR_AFTER "day 7+". `last` 0: that of `first`.
std::string OffsetTitle(const v1::GetRetentionResponse& response, int32_t first, int32_t last);
// One per offset or bracket.
std::vector<std::string> OffsetTitles(const v1::GetRetentionResponse& response);

// "came back on", "came back on or after", "came back within".
std::string CameBack(const v1::GetRetentionResponse& response);

// "signup" or "signup or login", with the filter behind it; empty for any event.
std::string StartText(const v1::GetRetentionResponse& response);

// What a cohort is, as a column's title: "first seen (day)", "first signup (day)", "did signup (day)".
std::string CohortTitle(const v1::GetRetentionResponse& response);
// Who they are in all, beside the section's title.
std::string CohortsInAll(const v1::GetRetentionResponse& response, int64_t size);
// Why there is nobody.
std::string NoCohorts(const v1::GetRetentionResponse& response);

// What else was assumed: the return events, rolling periods, that older cohorts had longer.
std::vector<std::string> RetentionAssumptions(const v1::GetRetentionResponse& response);

}  // namespace donut::cli
