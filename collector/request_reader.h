// Reads requests from their wire bytes without building the events: gRPC would
// parse a message whole, at twenty times its size, and report one that does not
// parse as the stream's orderly end. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/collector.pb.h"

namespace donut::collector {

// An EventBatch whose events are still bytes; views into the message that was read.
struct BatchFrame {
  int64_t first_sequence = 0;
  std::vector<std::string_view> events;
  std::string bookmark;
};

using StreamMessage = std::variant<v1::Hello, BatchFrame, v1::Skipped, v1::Unparsed, v1::Close>;

// INVALID_ARGUMENT when the bytes are no StreamEventsRequest, name no message, or break a limit of
// their own; the message names the field and the rule. `bytes` must outlive the result.
absl::StatusOr<StreamMessage> ReadStreamMessage(std::string_view bytes);

// The events of a TrackEventsRequest; errors as above.
absl::StatusOr<std::vector<std::string_view>> ReadTrackEvents(std::string_view bytes);

}  // namespace donut::collector
