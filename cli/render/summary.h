// The whole analytics view as terminal text, from one GetSummaryResponse. Plain functions, thread-safe.
#pragma once

#include <string>

#include "cli/render/table.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/summary.pb.h"

namespace donut::cli {

// Every line keeps options.width. Without any event it says what to do next.
std::string RenderSummary(const v1::GetSummaryResponse& response, const PageOptions& options);

}  // namespace donut::cli
