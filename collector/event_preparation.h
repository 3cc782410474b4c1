// Turns the bytes of events into what the sink stores: parses each on an arena of
// its own, validates it, and writes it flat. So a batch never takes more memory than its flat form and
// one parsed event. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/prepared_batch.h"

namespace donut::collector {

// `first_sequence` is the number of events[0]; the first `passed_over` events are left out (they were
// taken before). INVALID_ARGUMENT, naming `field`[i], when an event does not parse; an event
// that breaks a rule is among the result's rejected ones.
absl::StatusOr<PreparedBatch> PrepareEvents(const std::vector<std::string_view>& events,
                                            int64_t first_sequence, size_t passed_over, absl::Time received,
                                            const std::string& field);

}  // namespace donut::collector
