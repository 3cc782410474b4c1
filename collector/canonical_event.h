// Reads an event from its wire bytes in one pass, without message objects: parsing a Struct, holding it to
// the rules and printing it costs ten times as much. It takes only what is valid and written as usual
// encoders write it, and says so by true or false; for anything else the caller parses the event with
// protobuf, which also tells what is wrong with it. So the odd cases and all error messages stay in one place
// (event_validation.h), and this has to be right only when it says true. What is said of users
// (user_properties) is such a case: few events do. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "collector/property_texts.h"

namespace donut::collector {

// The times that events may have, as numbers: made once per batch, because each event is held against it.
class EventTimeBounds {
 public:
  // `now` is the collector's clock.
  explicit EventTimeBounds(absl::Time now);

  // The same rule as ValidateEvent's.
  bool Hold(uint64_t seconds, uint64_t nanos) const;

 private:
  int64_t earliest_seconds_;
  int64_t latest_seconds_;
  int64_t latest_nanos_;  // within that second, rounded down
};

// Refers to the event's bytes.
struct CanonicalEvent {
  std::string_view name;
  std::string_view user_id;
  std::string_view session_id;  // empty: none
  std::string_view insert_id;   // empty: none
  bool has_event_time = false;
  int64_t seconds = 0;
  int32_t nanos = 0;
  bool has_properties = false;  // at least one; their JSON was appended
};

// True: `bytes` are an Event that passes ValidateEventSize and ValidateEvent, `event` is what it says, and
// the JSON of its properties was appended to `json`. Of a key that comes twice both are written, in order:
// the later one counts, for protobuf and for jsonb. `properties` gets them too, with places in `json`.
// False: ask protobuf; `json` is as before, `event` and `properties` anything. Pipeline events are events
// like others here: ReadPipelineUpdate needs the parsed message.
[[nodiscard]] bool ReadCanonicalEvent(std::string_view bytes, const EventTimeBounds& times,
                                      CanonicalEvent& event, std::string& json, PropertyTexts& properties);

}  // namespace donut::collector
