// Retention as terminal text: the pooled line and the recent cohorts. Plain functions, thread-safe.
#pragma once

#include "cli/render/table.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/retention.pb.h"

namespace donut::cli {

void RenderRetention(const v1::GetRetentionResponse& response, Page& page);

}  // namespace donut::cli
