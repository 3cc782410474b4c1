#include "collector/canonical_event.h"

#include <bit>
#include <cmath>
#include <optional>

#include "collector/json_writer.h"
#include "collector/wire_cursor.h"
#include "common/event_tags.h"
#include "common/limits.h"
#include "common/utf8.h"
#include "google/protobuf/io/coded_stream.h"

namespace donut::collector {
namespace {

constexpr size_t kNumberBytes = 8;
constexpr uint64_t kNanosPerSecond = 1'000'000'000;

// The fields that were seen, one bit each: a second one is for protobuf to judge.
class FieldsSeen {
 public:
  // Whether this is the first of its kind.
  bool Add(uint8_t tag) {
    const uint32_t bit = uint32_t{1} << (tag >> 3);
    const bool is_first = (seen_ & bit) == 0;
    seen_ |= bit;
    return is_first;
  }

 private:
  uint32_t seen_ = 0;
};

bool ReadText(WireCursor& fields, size_t max_bytes, std::string_view& text) {
  return fields.ReadBytes(text) && text.size() <= max_bytes && IsStorableText(text);
}

// Struct, Value and ListValue, each from its bytes, as JSON.
class PropertiesReader {
 public:
  PropertiesReader(JsonWriter& json, PropertyTexts& properties) : json_(json), properties_(properties) {}

  // `depth`: that of the fields in it, from 1.
  bool ReadStruct(std::string_view bytes, int depth) {
    if (depth > limits::kMaxPropertyNesting) return false;
    WireCursor fields(bytes);
    json_.Write('{');
    int count = 0;
    while (!fields.AtEnd()) {
      std::string_view entry;
      if (!fields.Take(event_tags::kStructFields) || !fields.ReadBytes(entry)) return false;
      if (++count > limits::kMaxProperties && depth == 1) return false;
      if (count > 1) json_.Write(',');
      if (!ReadEntry(entry, depth)) return false;
    }
    json_.Write('}');
    return true;
  }

 private:
  bool ReadEntry(std::string_view bytes, int depth) {
    WireCursor fields(bytes);
    std::string_view key;
    if (!fields.Take(event_tags::kMapKey) || !fields.ReadBytes(key)) return false;
    if (key.empty() || key.size() > limits::kMaxPropertyKeyBytes || !json_.WriteText(key)) return false;
    json_.Write(':');
    std::string_view value;
    const size_t begin = json_.position();
    if (!fields.Take(event_tags::kMapValue) || !fields.ReadBytes(value) || !fields.AtEnd() ||
        !ReadValue(value, depth)) {
      return false;
    }
    if (depth > 1) return true;
    if (!type_) {
      properties_.AddNull(key);
    } else {
      properties_.Add({key, *type_, text_, begin, json_.position()});
    }
    return true;
  }

  // `depth`: that of the object or list which the value is in.
  bool ReadValue(std::string_view bytes, int depth) {
    WireCursor fields(bytes);
    if (fields.AtEnd()) {  // a value without a kind
      type_ = std::nullopt;
      json_.Write("null");
      return true;
    }
    const uint8_t tag = fields.ReadByte();
    switch (tag) {
      case event_tags::kNumberValue:
        return ReadNumber(fields.rest());
      case event_tags::kBoolValue:
        return ReadBool(fields.rest());
      case event_tags::kNullValue:
        if (!fields.Take(0) || !fields.AtEnd()) return false;
        type_ = std::nullopt;
        json_.Write("null");
        return true;
      default:
        break;
    }
    std::string_view body;
    if (!fields.ReadBytes(body) || !fields.AtEnd()) return false;
    switch (tag) {
      case event_tags::kStringValue:
        type_ = history::ValueType::kText;
        text_ = body;
        return body.size() <= limits::kMaxStringValueBytes && json_.WriteText(body);
      case event_tags::kStructValue:
        if (!ReadStruct(body, depth + 1)) return false;
        type_ = history::ValueType::kJson;
        return true;
      case event_tags::kListValue:
        if (!ReadList(body, depth + 1)) return false;
        type_ = history::ValueType::kJson;
        return true;
      default:
        return false;
    }
  }

  bool ReadNumber(std::string_view bytes) {
    if (bytes.size() != kNumberBytes) return false;
    uint64_t bits;
    google::protobuf::io::CodedInputStream::ReadLittleEndian64FromArray(
        reinterpret_cast<const uint8_t*>(bytes.data()), &bits);
    const auto number = std::bit_cast<double>(bits);
    // False for NaN too.
    if (!(std::abs(number) <= limits::kMaxInteger)) return false;
    type_ = history::ValueType::kNumber;
    json_.WriteNumber(number);
    return true;
  }

  bool ReadBool(std::string_view bytes) {
    if (bytes.size() != 1 || static_cast<uint8_t>(bytes[0]) > 1) return false;
    type_ = history::ValueType::kBool;
    if (bytes[0] == 1) {
      json_.Write("true");
    } else {
      json_.Write("false");
    }
    return true;
  }

  bool ReadList(std::string_view bytes, int depth) {
    if (depth > limits::kMaxPropertyNesting) return false;
    WireCursor fields(bytes);
    json_.Write('[');
    for (bool is_first = true; !fields.AtEnd(); is_first = false) {
      std::string_view element;
      if (!fields.Take(event_tags::kListValues) || !fields.ReadBytes(element)) return false;
      if (!is_first) json_.Write(',');
      if (!ReadValue(element, depth)) return false;
    }
    json_.Write(']');
    return true;
  }

  JsonWriter& json_;
  PropertyTexts& properties_;
  // Of the value that was read last, nothing: null; and its text if it is one.
  std::optional<history::ValueType> type_;
  std::string_view text_;
};

bool ReadProperties(WireCursor& fields, CanonicalEvent& event, std::string& json, PropertyTexts& texts) {
  std::string_view properties;
  if (!fields.ReadBytes(properties)) return false;
  if (properties.empty()) return true;
  event.has_properties = true;
  JsonWriter writer(json);
  if (!PropertiesReader(writer, texts).ReadStruct(properties, 1)) return false;
  writer.Flush();
  return true;
}

bool ReadTime(WireCursor& event_fields, const EventTimeBounds& times, CanonicalEvent& event) {
  std::string_view bytes;
  if (!event_fields.ReadBytes(bytes)) return false;
  WireCursor fields(bytes);
  FieldsSeen seen;
  uint64_t seconds = 0;
  uint64_t nanos = 0;
  while (!fields.AtEnd()) {
    const uint8_t tag = fields.ReadByte();
    if (tag != event_tags::kSeconds && tag != event_tags::kNanos) return false;
    if (!seen.Add(tag) || !fields.ReadVarint(tag == event_tags::kSeconds ? seconds : nanos)) return false;
  }
  if (!times.Hold(seconds, nanos)) return false;
  event.has_event_time = true;
  event.seconds = static_cast<int64_t>(seconds);
  event.nanos = static_cast<int32_t>(nanos);
  return true;
}

bool ReadField(uint8_t tag, WireCursor& fields, const EventTimeBounds& times, CanonicalEvent& event,
               std::string& json, PropertyTexts& properties) {
  switch (tag) {
    case event_tags::kName:
      return ReadText(fields, limits::kMaxEventNameBytes, event.name);
    case event_tags::kUserId:
      return ReadText(fields, limits::kMaxUserIdBytes, event.user_id);
    case event_tags::kSessionId:
      return ReadText(fields, limits::kMaxSessionIdBytes, event.session_id);
    case event_tags::kInsertId:
      return ReadText(fields, limits::kMaxInsertIdBytes, event.insert_id);
    case event_tags::kEventTime:
      return ReadTime(fields, times, event);
    case event_tags::kProperties:
      return ReadProperties(fields, event, json, properties);
    default:
      return false;
  }
}

bool ReadFields(std::string_view bytes, const EventTimeBounds& times, CanonicalEvent& event,
                std::string& json, PropertyTexts& properties) {
  WireCursor fields(bytes);
  FieldsSeen seen;
  while (!fields.AtEnd()) {
    const uint8_t tag = fields.ReadByte();
    if (!seen.Add(tag) || !ReadField(tag, fields, times, event, json, properties)) return false;
  }
  return !event.name.empty() && !event.user_id.empty();
}

}  // namespace

EventTimeBounds::EventTimeBounds(absl::Time now)
    : earliest_seconds_(absl::ToUnixSeconds(limits::kMinEventTime)) {
  const absl::Time latest = now + limits::kMaxEventTimeAhead;
  latest_seconds_ = absl::ToUnixSeconds(latest);
  latest_nanos_ = absl::ToInt64Nanoseconds(latest - absl::FromUnixSeconds(latest_seconds_));
}

bool EventTimeBounds::Hold(uint64_t seconds, uint64_t nanos) const {
  // As protobuf does it: a negative number is a large one on the wire.
  const auto signed_seconds = static_cast<int64_t>(seconds);
  if (nanos >= kNanosPerSecond || signed_seconds < earliest_seconds_) return false;
  if (signed_seconds != latest_seconds_) return signed_seconds < latest_seconds_;
  return static_cast<int64_t>(nanos) <= latest_nanos_;
}

bool ReadCanonicalEvent(std::string_view bytes, const EventTimeBounds& times, CanonicalEvent& event,
                        std::string& json, PropertyTexts& properties) {
  properties.Clear();
  if (bytes.size() > limits::kMaxEventBytes) return false;
  const size_t json_before = json.size();
  event = CanonicalEvent();
  if (ReadFields(bytes, times, event, json, properties)) return true;
  json.resize(json_before);
  return false;
}

}  // namespace donut::collector
