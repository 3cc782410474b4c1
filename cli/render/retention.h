// Retention as terminal text and as CSV: the pooled line, the cohorts, the breakdown, the value of what came
// back. Plain functions, thread-safe.
#pragma once

#include <string>

#include "cli/render/table.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/retention.pb.h"

namespace donut::cli {

// The pooled line and the last `most_cohorts` cohorts that have anyone.
void RenderRetention(const v1::GetRetentionResponse& response, Page& page, int most_cohorts = 10);

// The whole answer.
std::string RetentionText(const v1::GetRetentionResponse& response, const PageOptions& options);

enum class RetentionRows {
  kCells,   // each cohort and offset, for all and for each value of the breakdown
  kPooled,  // each offset
};
std::string RetentionCsv(const v1::GetRetentionResponse& response, RetentionRows rows);

}  // namespace donut::cli
