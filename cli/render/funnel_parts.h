// The parts of a funnel's page below its steps. Plain functions, thread-safe.
#pragma once

#include <string>

#include "cli/render/table.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/funnel.pb.h"

namespace donut::cli {

// Which event of an actor gives it its value, behind other words: ", as at step 2"; empty where none does.
std::string AttributionText(v1::FunnelAttribution attribution, int step);
// How long the steps took, where any was done.
void RenderFunnelTimes(const v1::GetFunnelResponse& response, Page& page);
// Those that were asked for.
void RenderFunnelHistograms(const v1::GetFunnelResponse& response, Page& page);
// A row per value: who entered, who converted; with more than two steps how far the rest got.
void RenderFunnelBreakdown(const v1::GetFunnelResponse& response, Page& page);
// A row per bucket of entry.
void RenderFunnelSeries(const v1::GetFunnelResponse& response, Page& page);

}  // namespace donut::cli
