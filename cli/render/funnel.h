// A funnel of events as terminal text and as CSV: steps, times, histograms, breakdown, series. A conversion
// rate is the funnel of two steps and is shown by the same pieces. Plain functions, thread-safe.
#pragma once

#include <string>

#include "cli/render/table.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/funnel.pb.h"

namespace donut::cli {

// What a funnel's CSV has a row for.
enum class FunnelRows {
  kSteps,      // each step, for all and for each value of the breakdown
  kSeries,     // each bucket
  kHistogram,  // each bin of each histogram
};

std::string FunnelText(const v1::GetFunnelResponse& response, const PageOptions& options);
std::string FunnelCsv(const v1::GetFunnelResponse& response, FunnelRows rows);

// Without the heading, under this title: "FUNNEL", "CONVERSION RATE".
void RenderFunnel(const std::string& title, const v1::GetFunnelResponse& response, Page& page);

// "purchase", with its filter "purchase [price > 10]".
std::string StepLabel(const v1::FunnelStepResult& step);

// "14 d".
std::string WindowText(const google::protobuf::Duration& window);

}  // namespace donut::cli
