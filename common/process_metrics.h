// What Prometheus expects every process to tell about itself: memory, CPU, file descriptors, its start.
// Read from /proc at each call. No state.
#pragma once

#include "common/metric_page.h"

namespace donut {

// What cannot be read is left out.
void AddProcessMetrics(MetricPage& page);

}  // namespace donut
