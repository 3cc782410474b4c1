// Feature usage as terminal text. Plain functions, thread-safe.
#pragma once

#include "cli/render/table.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/feature_usage.pb.h"

namespace donut::cli {

void RenderFeatureUsage(const v1::GetFeatureUsageResponse& response, Page& page);

}  // namespace donut::cli
