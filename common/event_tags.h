// The tags of an Event's fields on the wire, and of what its Struct is made of: for the three places that
// read or write events without message objects (the client's encoder, the importer's, the collector's
// reader). A tag is the field's number * 8 + its wire type (0 varint, 1 eight bytes, 2 length and bytes).
// Tests compare what is read and written with protobuf's own. No state.
#pragma once

#include <cstdint>

namespace donut::event_tags {

// donut.analytics.v1.Event
inline constexpr uint8_t kName = 0x0a;
inline constexpr uint8_t kUserId = 0x12;
inline constexpr uint8_t kSessionId = 0x1a;
inline constexpr uint8_t kEventTime = 0x22;
inline constexpr uint8_t kProperties = 0x2a;
inline constexpr uint8_t kInsertId = 0x32;
inline constexpr uint8_t kUserProperties = 0x3a;
// google.protobuf.Timestamp
inline constexpr uint8_t kSeconds = 0x08;
inline constexpr uint8_t kNanos = 0x10;
// google.protobuf.Struct, and an entry of its map
inline constexpr uint8_t kStructFields = 0x0a;
inline constexpr uint8_t kMapKey = 0x0a;
inline constexpr uint8_t kMapValue = 0x12;
// google.protobuf.Value
inline constexpr uint8_t kNullValue = 0x08;
inline constexpr uint8_t kNumberValue = 0x11;
inline constexpr uint8_t kStringValue = 0x1a;
inline constexpr uint8_t kBoolValue = 0x20;
inline constexpr uint8_t kStructValue = 0x2a;
inline constexpr uint8_t kListValue = 0x32;
// google.protobuf.ListValue
inline constexpr uint8_t kListValues = 0x0a;

}  // namespace donut::event_tags
