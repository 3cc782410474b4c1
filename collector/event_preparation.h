// Turns the bytes of events into what the sink stores: validates each and writes its row, on the thread that
// received it. The usual encoding is read in one pass (canonical_event.h); anything else is parsed by
// protobuf, on an arena of its own. So a batch never takes more memory than its flat form and one parsed
// event. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/prepared_batch.h"
#include "common/keyed_hash.h"

namespace donut::collector {

struct EventSource {
  int project_id = 0;
  int producer_no = 0;         // 0: known at the commit only
  int64_t first_sequence = 0;  // the number of the first event
  size_t passed_over = 0;      // so many events at the front are left out: they were taken before
  const char* field = "";      // what a caller calls the events
};

// INVALID_ARGUMENT, naming the field and the place, when an
// event does not parse; an event that breaks a rule is among the result's rejected ones.
absl::StatusOr<PreparedBatch> PrepareEvents(const std::vector<std::string_view>& events,
                                            const EventSource& source, const KeyedHash& hash,
                                            absl::Time received);

}  // namespace donut::collector
