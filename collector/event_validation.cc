#include "collector/event_validation.h"

#include <cmath>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "collector/quoted_text.h"
#include "common/limits.h"
#include "common/utf8.h"

namespace donut::collector {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

using MaybeProblem = std::optional<Problem>;

// Where a value stands, put into words only where there is a problem: most values have none.
struct Place {
  std::string_view key;
  const Place* above = nullptr;  // null: `key` is a field of the event
  bool is_key = false;           // the key itself, not its value
};

std::string InWords(const Place& place) {
  if (place.above == nullptr) return std::string(place.key);
  return absl::StrCat(place.is_key ? "the key of " : "", InWords(*place.above), "[", Quoted(place.key), "]");
}

Problem TooLarge(const std::string& field, size_t bytes, int limit) {
  return {v1::REJECTION_REASON_TOO_LARGE,
          absl::StrCat(field, ": ", bytes, " bytes; at most ", limit, " are allowed")};
}

Problem BadValue(const std::string& field, const std::string& rule) {
  return {v1::REJECTION_REASON_BAD_VALUE, absl::StrCat(field, ": ", rule)};
}

MaybeProblem ValidateText(const std::string& text, const Place& place, int max_bytes) {
  if (text.size() > static_cast<size_t>(max_bytes)) return TooLarge(InWords(place), text.size(), max_bytes);
  if (text.find('\0') != std::string::npos) {
    return BadValue(InWords(place), "must not contain NUL (U+0000)");
  }
  if (!IsUtf8(text)) return BadValue(InWords(place), "must be UTF-8");
  return std::nullopt;
}

MaybeProblem ValidateRequiredText(const std::string& text, const Place& place, int max_bytes) {
  if (text.empty()) {
    return Problem{v1::REJECTION_REASON_MISSING_FIELD,
                   absl::StrCat(InWords(place), ": is empty; 1 to ", max_bytes, " bytes are required")};
  }
  return ValidateText(text, place, max_bytes);
}

MaybeProblem ValidateTime(const google::protobuf::Timestamp& time, absl::Time now) {
  constexpr int kNanosOfASecond = 1'000'000'000;
  if (time.nanos() < 0 || time.nanos() >= kNanosOfASecond) {
    return Problem{v1::REJECTION_REASON_TIME_OUT_OF_RANGE, "event_time.nanos: must be from 0 to 999999999"};
  }
  if (time.seconds() < absl::ToUnixSeconds(limits::kMinEventTime)) {
    return Problem{v1::REJECTION_REASON_TIME_OUT_OF_RANGE, "event_time: is before 1971-01-01T00:00:00Z"};
  }
  const absl::Time latest = now + limits::kMaxEventTimeAhead;
  // Compared in seconds first: a time beyond what 64-bit nanoseconds hold must not wrap.
  if (time.seconds() > absl::ToUnixSeconds(latest) ||
      absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos()) > latest) {
    return Problem{v1::REJECTION_REASON_TIME_OUT_OF_RANGE,
                   absl::StrCat("event_time: is more than 24 hours ahead of the collector's clock (",
                                absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", now, absl::UTCTimeZone()), ")")};
  }
  return std::nullopt;
}

MaybeProblem ValidateStruct(const Struct& properties, const Place& place, int depth);

MaybeProblem ValidateNumber(double number, const Place& place) {
  if (!std::isfinite(number)) return BadValue(InWords(place), "must be a finite number, not NaN or infinity");
  // Every double beyond 2^53 is an integer.
  if (std::abs(number) > limits::kMaxInteger) {
    return BadValue(InWords(place),
                    "must be within +-2^53 (9007199254740992); send larger numbers as strings");
  }
  return std::nullopt;
}

MaybeProblem ValidateValue(const Value& value, const Place& place, int depth) {
  switch (value.kind_case()) {
    case Value::kNumberValue:
      return ValidateNumber(value.number_value(), place);
    case Value::kStringValue:
      return ValidateText(value.string_value(), place, limits::kMaxStringValueBytes);
    case Value::kStructValue:
      return ValidateStruct(value.struct_value(), place, depth + 1);
    case Value::kListValue: {
      if (depth + 1 > limits::kMaxPropertyNesting) break;
      for (const Value& element : value.list_value().values()) {
        if (MaybeProblem problem = ValidateValue(element, place, depth + 1)) return problem;
      }
      return std::nullopt;
    }
    case Value::kNullValue:
    case Value::kBoolValue:
    case Value::KIND_NOT_SET:
      return std::nullopt;
  }
  return Problem{v1::REJECTION_REASON_TOO_LARGE, absl::StrCat(InWords(place), ": nested more than ",
                                                              limits::kMaxPropertyNesting, " levels deep")};
}

// `depth`: that of the fields in `properties`, from 1.
MaybeProblem ValidateStruct(const Struct& properties, const Place& place, int depth) {
  if (depth > limits::kMaxPropertyNesting) {
    return Problem{v1::REJECTION_REASON_TOO_LARGE, absl::StrCat(InWords(place), ": nested more than ",
                                                                limits::kMaxPropertyNesting, " levels deep")};
  }
  for (const auto& [key, value] : properties.fields()) {
    if (key.empty()) {
      return BadValue(InWords(place), absl::StrCat("has an empty key; keys are 1 to ",
                                                   limits::kMaxPropertyKeyBytes, " bytes"));
    }
    const Place key_place{key, &place, true};
    if (MaybeProblem problem = ValidateText(key, key_place, limits::kMaxPropertyKeyBytes)) return problem;
    if (MaybeProblem problem = ValidateValue(value, {key, &place}, depth)) return problem;
  }
  return std::nullopt;
}

MaybeProblem ValidateProperties(const Struct& properties, std::string_view field) {
  if (properties.fields_size() > limits::kMaxProperties) {
    return Problem{v1::REJECTION_REASON_TOO_LARGE,
                   absl::StrCat(std::string(field), ": ", properties.fields_size(), " keys; at most ",
                                limits::kMaxProperties, " are allowed")};
  }
  return ValidateStruct(properties, {field}, 1);
}

}  // namespace

std::optional<Problem> ValidateEventSize(size_t serialized_bytes) {
  if (serialized_bytes <= limits::kMaxEventBytes) return std::nullopt;
  return TooLarge("event", serialized_bytes, limits::kMaxEventBytes);
}

std::optional<Problem> ValidateEvent(const v1::Event& event, absl::Time now) {
  if (auto problem = ValidateRequiredText(event.name(), {"name"}, limits::kMaxEventNameBytes)) return problem;
  if (auto problem = ValidateRequiredText(event.user_id(), {"user_id"}, limits::kMaxUserIdBytes))
    return problem;
  if (auto problem = ValidateText(event.session_id(), {"session_id"}, limits::kMaxSessionIdBytes))
    return problem;
  if (auto problem = ValidateText(event.insert_id(), {"insert_id"}, limits::kMaxInsertIdBytes))
    return problem;
  if (event.has_event_time()) {
    if (auto problem = ValidateTime(event.event_time(), now)) return problem;
  }
  if (auto problem = ValidateProperties(event.properties(), "properties")) return problem;
  return ValidateProperties(event.user_properties(), "user_properties");
}

}  // namespace donut::collector
