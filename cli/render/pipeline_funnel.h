// A pipeline's funnel as terminal text and as CSV: steps with conversions and drop-offs, how the runs
// ended, why they failed, how long the phases took. Plain functions, thread-safe.
#pragma once

#include <string>

#include "cli/render/table.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/pipeline_funnel.pb.h"

namespace donut::cli {

void RenderPipelineFunnel(const v1::GetPipelineFunnelResponse& response, Page& page);

// The whole answer.
std::string PipelineFunnelText(const v1::GetPipelineFunnelResponse& response, const PageOptions& options);
// A row per step.
std::string PipelineFunnelCsv(const v1::GetPipelineFunnelResponse& response);

// "licenses: 63.5% of 756 runs completed; most were lost at cleaning (28.6% of those before it)".
std::string PipelineInShort(const v1::GetPipelineFunnelResponse& response);

}  // namespace donut::cli
