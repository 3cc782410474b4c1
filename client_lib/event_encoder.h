// Writes an event's wire bytes (donut.analytics.v1.Event) straight from the arguments of Track, without
// message objects: a message with a Struct costs ten times as much. First MeasureEvent, which
// checks every rule of event.proto so that the caller learns at once; then WriteEvent into a place of that
// size. No state, no allocation.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "absl/time/time.h"
#include "donut/value.h"

namespace donut {

// The arguments of Track. Refers to the caller's memory.
struct EventView {
  std::string_view name = {};
  std::string_view user_id = {};
  std::string_view session_id = {};
  absl::Time event_time = absl::UnixEpoch();
  std::span<const Property> properties = {};
  std::span<const Property> user_properties = {};
};

struct EventMeasure {
  // The field and the rule that is broken; null when none is. Static text.
  const char* problem = nullptr;
  // Bytes of the event, and of the Structs in it.
  size_t event_bytes = 0;
  size_t properties_bytes = 0;
  size_t user_properties_bytes = 0;
};

// `now` bounds the event time.
EventMeasure MeasureEvent(const EventView& event, absl::Time now);

// Writes exactly measure.event_bytes; `measure` is of the same, valid event.
void WriteEvent(const EventView& event, const EventMeasure& measure, char* out);

}  // namespace donut
