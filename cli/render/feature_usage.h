// Feature usage as terminal text and as CSV. Plain functions, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "cli/render/table.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/feature_usage.pb.h"

namespace donut::cli {

// Without the reserved events of pipelines, which every run sends.
std::vector<v1::FeatureUsage> FeaturesShown(const v1::GetFeatureUsageResponse& response);

void RenderFeatureUsage(const v1::GetFeatureUsageResponse& response, Page& page);

// The whole answer, which may hold several pages' features.
std::string FeatureUsageText(const v1::GetFeatureUsageResponse& response, const PageOptions& options);
// A row per feature, the reserved events too.
std::string FeatureUsageCsv(const v1::GetFeatureUsageResponse& response);

}  // namespace donut::cli
