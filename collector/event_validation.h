// Every rule that one event has to keep: common/limits.h, text that PostgreSQL can
// hold, and what event.proto says about pipeline events. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "collector/prepared_batch.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/collector.pb.h"
#include "donut/analytics/v1/event.pb.h"

namespace donut::collector {

// Why an event is rejected. `detail` names the field and the rule, and what to do.
struct Problem {
  v1::RejectionReason reason = v1::REJECTION_REASON_UNSPECIFIED;
  std::string detail;
};

// The one rule that can be checked before an event is parsed.
std::optional<Problem> ValidateEventSize(size_t serialized_bytes);

// The first rule that `event` breaks; nullopt when it breaks none. `now` is the
// collector's clock: it bounds event_time.
std::optional<Problem> ValidateEvent(const v1::Event& event, absl::Time now);

// Whether `name` is one of the reserved names of pipeline events.
bool IsPipelineEvent(std::string_view name);

// Reads what a pipeline event says; the event has passed ValidateEvent.
std::optional<Problem> ReadPipelineUpdate(const v1::Event& event, PipelineUpdate& update);

}  // namespace donut::collector
