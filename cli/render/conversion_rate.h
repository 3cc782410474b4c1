// A conversion rate as terminal text and as CSV. It is the funnel of two steps, and is shown as one. Plain
// functions, thread-safe.
#pragma once

#include <string>

#include "cli/render/funnel.h"
#include "cli/render/table.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/conversion_rate.pb.h"

namespace donut::cli {

std::string ConversionRateText(const v1::GetConversionRateResponse& response, const PageOptions& options);

// kSteps: a row for all and for each value of the breakdown.
std::string ConversionRateCsv(const v1::GetConversionRateResponse& response, FunnelRows rows);

// The funnel of two steps that says the same.
v1::GetFunnelResponse AsFunnel(const v1::GetConversionRateResponse& response);

}  // namespace donut::cli
