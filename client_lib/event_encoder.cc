#include "client_lib/event_encoder.h"

#include <bit>
#include <cmath>

#include "client_lib/wire.h"
#include "common/event_tags.h"
#include "common/limits.h"
#include "common/utf8.h"
#include "google/protobuf/io/coded_stream.h"

namespace donut {
namespace {

using google::protobuf::io::CodedOutputStream;

constexpr size_t kNullOrBoolBytes = 2;
constexpr size_t kNumberBytes = 9;

// Tag, length and as many bytes.
size_t Delimited(size_t bytes) { return 1 + CodedOutputStream::VarintSize64(bytes) + bytes; }

size_t ObjectBytes(std::span<const Property> properties);

size_t ListBytes(std::span<const Value> values);

// Of the message google.protobuf.Value.
size_t ValueBytes(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kNull:
    case Value::Kind::kBool:
      return kNullOrBoolBytes;
    case Value::Kind::kInteger:
    case Value::Kind::kDouble:
      return kNumberBytes;
    case Value::Kind::kString:
      return Delimited(value.text().size());
    case Value::Kind::kList:
      return Delimited(ListBytes(value.list()));
    case Value::Kind::kObject:
      return Delimited(ObjectBytes(value.object()));
  }
  return 0;
}

size_t EntryBytes(const Property& property, size_t value_bytes) {
  return Delimited(property.key.size()) + Delimited(value_bytes);
}

size_t ObjectBytes(std::span<const Property> properties) {
  size_t bytes = 0;
  for (const Property& property : properties)
    bytes += Delimited(EntryBytes(property, ValueBytes(property.value)));
  return bytes;
}

size_t ListBytes(std::span<const Value> values) {
  size_t bytes = 0;
  for (const Value& value : values) bytes += Delimited(ValueBytes(value));
  return bytes;
}

// A rule about properties, as it is told of each of the two fields that hold some.
struct Rule {
  const char* of_properties;
  const char* of_user_properties;
};
#define DONUT_RULE(name, text) \
  constexpr Rule name { "properties: " text, "user_properties: " text }
DONUT_RULE(kMostKeys, "must have at most 255 keys");
DONUT_RULE(kKeyNotEmpty, "a key must not be empty");
DONUT_RULE(kMostKeyBytes, "a key must have at most 255 bytes");
DONUT_RULE(kKeyUtf8, "a key must be UTF-8 without NUL");
DONUT_RULE(kFinite, "numbers must be finite");
DONUT_RULE(kWithin53Bits, "numbers must be within +-2^53; send larger ones as strings");
DONUT_RULE(kMostTextBytes, "a string value must have at most 8192 bytes");
DONUT_RULE(kTextUtf8, "a string value must be UTF-8 without NUL");
DONUT_RULE(kMostNesting, "must be nested at most 5 levels deep");
DONUT_RULE(kKnownKind, "unknown kind of value");
#undef DONUT_RULE

// The rule that is broken; null: none.
const Rule* CheckMembers(std::span<const Property> properties, int nesting);

const Rule* CheckValue(const Value& value, int nesting) {
  switch (value.kind()) {
    case Value::Kind::kNull:
    case Value::Kind::kBool:
      return nullptr;
    case Value::Kind::kInteger:
      return value.integer() > static_cast<int64_t>(limits::kMaxInteger) ||
                     value.integer() < -static_cast<int64_t>(limits::kMaxInteger)
                 ? &kWithin53Bits
                 : nullptr;
    case Value::Kind::kDouble:
      if (!std::isfinite(value.double_value())) return &kFinite;
      return std::abs(value.double_value()) > limits::kMaxInteger ? &kWithin53Bits : nullptr;
    case Value::Kind::kString:
      if (value.text().size() > limits::kMaxStringValueBytes) return &kMostTextBytes;
      return IsStorableText(value.text()) ? nullptr : &kTextUtf8;
    case Value::Kind::kList:
      if (nesting >= limits::kMaxPropertyNesting) return &kMostNesting;
      for (const Value& element : value.list()) {
        if (const Rule* broken = CheckValue(element, nesting + 1)) return broken;
      }
      return nullptr;
    case Value::Kind::kObject:
      return CheckMembers(value.object(), nesting + 1);
  }
  return &kKnownKind;
}

const Rule* CheckMembers(std::span<const Property> properties, int nesting) {
  if (nesting > limits::kMaxPropertyNesting) return &kMostNesting;
  for (const Property& property : properties) {
    if (property.key.empty()) return &kKeyNotEmpty;
    if (property.key.size() > limits::kMaxPropertyKeyBytes) return &kMostKeyBytes;
    if (!IsStorableText(property.key)) return &kKeyUtf8;
    if (const Rule* broken = CheckValue(property.value, nesting)) return broken;
  }
  return nullptr;
}

const Rule* CheckProperties(std::span<const Property> properties) {
  if (properties.size() > limits::kMaxProperties) return &kMostKeys;
  return CheckMembers(properties, 1);
}

const char* CheckTexts(const EventView& event) {
  if (event.name.empty()) return "name: must not be empty";
  if (event.name.size() > limits::kMaxEventNameBytes) return "name: must have at most 200 bytes";
  if (!IsStorableText(event.name)) return "name: must be UTF-8 without NUL";
  if (event.user_id.empty()) return "user_id: must not be empty";
  if (event.user_id.size() > limits::kMaxUserIdBytes) return "user_id: must have at most 200 bytes";
  if (!IsStorableText(event.user_id)) return "user_id: must be UTF-8 without NUL";
  if (event.session_id.size() > limits::kMaxSessionIdBytes) return "session_id: must have at most 200 bytes";
  if (!IsStorableText(event.session_id)) return "session_id: must be UTF-8 without NUL";
  return nullptr;
}

// Seconds and nanoseconds, to the microsecond, as the collector keeps it.
struct WireTime {
  explicit WireTime(absl::Time time) {
    const int64_t micros = absl::ToUnixMicros(time);
    seconds = static_cast<uint64_t>(micros / 1'000'000);
    nanos = static_cast<uint32_t>(micros % 1'000'000) * 1'000;
  }
  size_t bytes() const {
    return 1 + CodedOutputStream::VarintSize64(seconds) +
           (nanos == 0 ? 0 : 1 + CodedOutputStream::VarintSize32(nanos));
  }
  uint64_t seconds;
  uint32_t nanos;
};

uint8_t* WriteLength(uint8_t tag, size_t bytes, uint8_t* out) {
  *out++ = tag;
  return CodedOutputStream::WriteVarint64ToArray(bytes, out);
}

uint8_t* WriteText(uint8_t tag, std::string_view text, uint8_t* out) {
  out = WriteLength(tag, text.size(), out);
  return CodedOutputStream::WriteRawToArray(text.data(), static_cast<int>(text.size()), out);
}

uint8_t* WriteNumber(double number, uint8_t* out) {
  *out++ = event_tags::kNumberValue;
  return CodedOutputStream::WriteLittleEndian64ToArray(std::bit_cast<uint64_t>(number), out);
}

uint8_t* WriteObject(std::span<const Property> properties, uint8_t* out);

uint8_t* WriteValue(const Value& value, uint8_t* out) {
  switch (value.kind()) {
    case Value::Kind::kNull:
      *out++ = event_tags::kNullValue;
      *out++ = 0;
      return out;
    case Value::Kind::kBool:
      *out++ = event_tags::kBoolValue;
      *out++ = value.bool_value() ? 1 : 0;
      return out;
    case Value::Kind::kInteger:
      return WriteNumber(static_cast<double>(value.integer()), out);
    case Value::Kind::kDouble:
      return WriteNumber(value.double_value(), out);
    case Value::Kind::kString:
      return WriteText(event_tags::kStringValue, value.text(), out);
    case Value::Kind::kList:
      out = WriteLength(event_tags::kListValue, ListBytes(value.list()), out);
      for (const Value& element : value.list()) {
        out = WriteLength(event_tags::kListValues, ValueBytes(element), out);
        out = WriteValue(element, out);
      }
      return out;
    case Value::Kind::kObject:
      out = WriteLength(event_tags::kStructValue, ObjectBytes(value.object()), out);
      return WriteObject(value.object(), out);
  }
  return out;
}

uint8_t* WriteObject(std::span<const Property> properties, uint8_t* out) {
  for (const Property& property : properties) {
    const size_t value_bytes = ValueBytes(property.value);
    out = WriteLength(event_tags::kStructFields, EntryBytes(property, value_bytes), out);
    out = WriteText(event_tags::kMapKey, property.key, out);
    out = WriteLength(event_tags::kMapValue, value_bytes, out);
    out = WriteValue(property.value, out);
  }
  return out;
}

}  // namespace

EventMeasure MeasureEvent(const EventView& event, absl::Time now) {
  EventMeasure measure;
  if ((measure.problem = CheckTexts(event)) != nullptr) return measure;
  if (event.event_time < limits::kMinEventTime || event.event_time > now + limits::kMaxEventTimeAhead) {
    measure.problem = "event_time: must be from 1971 to 24 hours from now";
    return measure;
  }
  if (const Rule* broken = CheckProperties(event.properties)) {
    measure.problem = broken->of_properties;
    return measure;
  }
  measure.properties_bytes = ObjectBytes(event.properties);
  measure.event_bytes = Delimited(event.name.size()) + Delimited(event.user_id.size()) +
                        Delimited(WireTime(event.event_time).bytes());
  if (!event.session_id.empty()) measure.event_bytes += Delimited(event.session_id.size());
  if (!event.properties.empty()) measure.event_bytes += Delimited(measure.properties_bytes);
  if (!event.user_properties.empty()) {
    if (const Rule* broken = CheckProperties(event.user_properties)) {
      measure.problem = broken->of_user_properties;
      return measure;
    }
    measure.user_properties_bytes = ObjectBytes(event.user_properties);
    measure.event_bytes += Delimited(measure.user_properties_bytes);
  }
  if (measure.event_bytes > limits::kMaxEventBytes) measure.problem = "event: must have at most 32768 bytes";
  return measure;
}

void WriteEvent(const EventView& event, const EventMeasure& measure, char* out) {
  uint8_t* at = reinterpret_cast<uint8_t*>(out);
  at = WriteText(event_tags::kName, event.name, at);
  at = WriteText(event_tags::kUserId, event.user_id, at);
  if (!event.session_id.empty()) at = WriteText(event_tags::kSessionId, event.session_id, at);
  const WireTime time(event.event_time);
  at = WriteLength(event_tags::kEventTime, time.bytes(), at);
  *at++ = event_tags::kSeconds;
  at = CodedOutputStream::WriteVarint64ToArray(time.seconds, at);
  if (time.nanos != 0) {
    *at++ = event_tags::kNanos;
    at = CodedOutputStream::WriteVarint32ToArray(time.nanos, at);
  }
  if (!event.properties.empty()) {
    at = WriteLength(event_tags::kProperties, measure.properties_bytes, at);
    at = WriteObject(event.properties, at);
  }
  if (!event.user_properties.empty()) {
    at = WriteLength(event_tags::kUserProperties, measure.user_properties_bytes, at);
    WriteObject(event.user_properties, at);
  }
}

}  // namespace donut
