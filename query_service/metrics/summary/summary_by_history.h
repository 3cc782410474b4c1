// The summary's own number out of histories: the events of the interval that pass the filter. No state;
// thread-safe.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "query_service/engine.h"

namespace donut::query {

absl::StatusOr<int64_t> CountEventsByHistory(const QueryScope& scope, HistoryRun& run);

}  // namespace donut::query
