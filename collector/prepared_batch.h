// Events that passed validation, flat: what a batch turns into on the thread that
// received it, and all that the sink needs. The rows stand ready for COPY; no message objects, which take
// twenty times the bytes. Plain data, not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/proto_alias.h"
#include "donut/analytics/v1/collector.pb.h"
#include "history/dictionary.h"

namespace donut::collector {

// A piece of PreparedBatch::text.
struct TextRef {
  uint32_t offset = 0;
  uint32_t length = 0;
};

// What a pipeline event says about its run (event.proto).
struct PipelineUpdate {
  enum class Kind { kRunStarted, kPhaseStarted, kPhaseCompleted, kRunCompleted, kRunFailed };
  Kind kind = Kind::kRunStarted;
  int attempt = 1;
  std::string pipeline;
  std::string phase;  // of kRunFailed: the one that failed, empty when unsaid
  std::string reason;
  std::optional<int64_t> items_in;
  std::optional<int64_t> items_out;
  // The run, and when.
  int64_t session_id = 0;
  std::string session_text;
  int64_t event_time_us = 0;
};

// A key that an event sets on its user.
struct UserProperty {
  TextRef key;    // as JSON
  TextRef value;  // as JSON; null removes the key
};

// What one event says about its user.
struct UserUpdate {
  int64_t event_time_us = 0;
  uint32_t first = 0;  // in PreparedBatch::user_properties
  uint32_t count = 0;
};

// A value that some event of the batch has for a key.
struct PropertyValue {
  uint32_t key = 0;  // index into PreparedBatch::property_keys
  history::ValueType type = history::ValueType::kText;
  // What is no text is its JSON, in PreparedBatch::rows: whoever needs it as jsonb prints it makes that of
  // it.
  bool in_rows = false;
  TextRef text;
};

struct PreparedEvent {
  // Its number on the stream; its place in the request, from 0, for TrackEvents.
  int64_t sequence = 0;
  int64_t user_id = 0;
  int64_t session_id = 0;  // when there is a session_text
  uint32_t row_end = 0;    // in PreparedBatch::rows; it begins where the one before ends
  uint32_t codes_end = 0;  // in PreparedBatch::property_codes, likewise
  int name = 0;            // index into PreparedBatch::names
  TextRef user_text;
  TextRef session_text;      // empty: none
  TextRef insert_id;         // empty: none
  TextRef payload;           // the event as it came, for the dead letters
  int pipeline_update = -1;  // index into PreparedBatch::pipeline_updates; -1: an ordinary event
  int user_update = -1;      // index into PreparedBatch::user_updates; -1: it says nothing about its user
};

// An event that is refused for good, and kept as it came.
struct RejectedEvent {
  int64_t sequence = 0;
  v1::RejectionReason reason = v1::REJECTION_REASON_UNSPECIFIED;
  std::string detail;
  std::string payload;
};

struct PreparedBatch {
  int64_t received_us = 0;
  std::vector<PreparedEvent> events;    // ascending sequence
  std::vector<RejectedEvent> rejected;  // ascending sequence
  std::vector<PipelineUpdate> pipeline_updates;
  std::vector<UserUpdate> user_updates;
  std::vector<UserProperty> user_properties;
  std::vector<std::string> names;  // each once
  // What the events' properties are, beside their rows: property_coder.h makes it.
  std::vector<TextRef> property_keys;
  std::vector<PropertyValue> property_values;
  std::vector<uint32_t> property_codes;  // of each event in turn: indexes into property_values
  std::string rows;                      // event_row.h
  std::string text;

  std::string_view Text(TextRef ref) const { return std::string_view(text).substr(ref.offset, ref.length); }
  std::string_view Row(size_t index) const {
    const size_t begin = index == 0 ? 0 : events[index - 1].row_end;
    return std::string_view(rows).substr(begin, events[index].row_end - begin);
  }
  std::span<const uint32_t> Codes(size_t index) const {
    const size_t begin = index == 0 ? 0 : events[index - 1].codes_end;
    return std::span(property_codes).subspan(begin, events[index].codes_end - begin);
  }
  std::string_view ValueText(const PropertyValue& value) const {
    return std::string_view(value.in_rows ? rows : text).substr(value.text.offset, value.text.length);
  }
  // What it holds in memory.
  size_t MemoryBytes() const;
};

}  // namespace donut::collector
