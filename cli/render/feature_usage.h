// Feature usage as terminal text. Plain functions, thread-safe.
#pragma once

#include <vector>

#include "cli/render/table.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/feature_usage.pb.h"

namespace donut::cli {

// Without the reserved events of pipelines, which every run sends.
std::vector<v1::FeatureUsage> FeaturesShown(const v1::GetFeatureUsageResponse& response);

void RenderFeatureUsage(const v1::GetFeatureUsageResponse& response, Page& page);

}  // namespace donut::cli
