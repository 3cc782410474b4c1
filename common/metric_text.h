// A page of metrics as text, in Prometheus' format 0.0.4, and as the answer to an HTTP request. No state.
#pragma once

#include <functional>
#include <string>

#include "common/metric_page.h"

namespace donut {

std::string FormatMetrics(const MetricPage& page);

// The whole answer to a request, of which `head` is what came before the empty line: the page for GET and
// HEAD of /metrics, else an error. `collect` fills the page when it is wanted.
std::string AnswerMetricsRequest(const std::string& head, const std::function<void(MetricPage&)>& collect);

}  // namespace donut
