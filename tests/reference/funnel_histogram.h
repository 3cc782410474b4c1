// Histograms of durations by their definition. For tests. No state.
#pragma once

#include <vector>

#include "absl/time/time.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/funnel.pb.h"

namespace donut::testing {

// Each bin counts the durations that lie in it. None without durations.
std::vector<v1::HistogramBin> HistogramByDefinition(const v1::HistogramBins& asked,
                                                    std::vector<absl::Duration> durations);

}  // namespace donut::testing
