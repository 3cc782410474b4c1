// Writes events as no usual encoder does, though protobuf reads most of it: fields twice, in any order, in
// two halves, unknown ones between them; tags and lengths with needless bytes; map entries without a key;
// values of two kinds; groups. For tests. Not thread-safe.
#pragma once

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

#include "common/proto_alias.h"
#include "donut/analytics/v1/event.pb.h"
#include "tests/collector/random_event.h"

namespace donut::testing {

class OddEncoder {
 public:
  // `odd_in`: how rare oddities are.
  OddEncoder(RandomEvents& dice, size_t odd_in) : dice_(dice), odd_in_(odd_in) {}

  std::string Encoded(const v1::Event& event) {
    std::vector<std::string> fields = {Bytes(1, event.name()), Bytes(2, event.user_id())};
    if (!event.session_id().empty()) fields.push_back(Bytes(3, event.session_id()));
    if (!event.insert_id().empty()) fields.push_back(Bytes(6, event.insert_id()));
    if (event.has_event_time()) fields.push_back(Bytes(4, Time(event.event_time())));
    if (event.has_properties()) fields.push_back(Bytes(5, Struct(event.properties())));
    if (IsOdd()) fields.push_back(Bytes(5, Struct(event.properties())));
    return Joined(fields);
  }

 private:
  bool IsOdd() { return dice_.OneIn(odd_in_); }

  std::string Varint(uint64_t number) {
    std::string bytes;
    for (; number >= 0x80; number >>= 7) bytes += static_cast<char>(number | 0x80);
    bytes += static_cast<char>(number);
    if (IsOdd()) {
      for (size_t more = 1 + dice_.Below(6); more > 0; --more) {
        bytes.back() = static_cast<char>(bytes.back() | '\x80');
        bytes += '\0';
      }
    }
    return bytes;
  }
  std::string Tag(int field, int wire_type) {
    if (IsOdd()) wire_type = static_cast<int>(dice_.Below(8));
    return Varint(static_cast<uint64_t>(field) * 8 + static_cast<uint64_t>(wire_type));
  }
  std::string Bytes(int field, const std::string& bytes) {
    return Tag(field, 2) + Varint(bytes.size() + (IsOdd() ? dice_.Below(3) : 0)) + bytes;
  }
  std::string Number(int field, uint64_t number) { return Tag(field, 0) + Varint(number); }
  std::string Eight(int field, double number) {
    const auto bits = std::bit_cast<uint64_t>(number);
    std::string bytes = Tag(field, 1);
    for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(bits >> shift);
    return bytes;
  }

  std::string Unknown() {
    const int field = static_cast<int>(dice_.Below(40));
    switch (dice_.Below(4)) {
      case 0:
        return Number(field, dice_.Below(1000));
      case 1:
        return Bytes(field, "unknown");
      case 2:
        return Eight(field, 1.5);
      default:
        return Tag(field, 3) + Number(1, 1) + Tag(field, 4);  // a group
    }
  }

  std::string Joined(std::vector<std::string> fields) {
    if (IsOdd()) fields.push_back(Unknown());
    if (IsOdd() && !fields.empty()) fields.push_back(fields[dice_.Below(fields.size())]);
    if (IsOdd() && !fields.empty())
      fields.erase(fields.begin() + static_cast<int>(dice_.Below(fields.size())));
    if (IsOdd() && fields.size() > 1) std::swap(fields[dice_.Below(fields.size())], fields.back());
    std::string joined;
    for (const std::string& field : fields) joined += field;
    return joined;
  }

  std::string Time(const google::protobuf::Timestamp& time) {
    std::vector<std::string> fields;
    if (time.seconds() != 0 || IsOdd()) fields.push_back(Number(1, static_cast<uint64_t>(time.seconds())));
    // What does not fit into 32 bits is cut off by protobuf.
    const uint64_t high = IsOdd() ? uint64_t{1} << 32 : 0;
    if (time.nanos() != 0 || IsOdd()) {
      fields.push_back(Number(2, static_cast<uint64_t>(int64_t{time.nanos()}) + high));
    }
    return Joined(fields);
  }

  std::string Value(const google::protobuf::Value& value) {
    using Kind = google::protobuf::Value;
    std::vector<std::string> fields;
    if (value.kind_case() == Kind::kNullValue) fields.push_back(Number(1, IsOdd() ? dice_.Below(9) : 0));
    if (value.kind_case() == Kind::kNumberValue) fields.push_back(Eight(2, value.number_value()));
    if (value.kind_case() == Kind::kStringValue) fields.push_back(Bytes(3, value.string_value()));
    if (value.kind_case() == Kind::kBoolValue)
      fields.push_back(Number(4, value.bool_value() ? (IsOdd() ? dice_.Below(1000) : 1) : 0));
    if (value.kind_case() == Kind::kStructValue) fields.push_back(Bytes(5, Struct(value.struct_value())));
    if (value.kind_case() == Kind::kListValue) {
      std::vector<std::string> elements;
      for (const Kind& element : value.list_value().values()) elements.push_back(Bytes(1, Value(element)));
      fields.push_back(Bytes(6, Joined(elements)));
    }
    if (IsOdd()) fields.push_back(Bytes(3, "of another kind"));
    return Joined(fields);
  }

  std::string Struct(const google::protobuf::Struct& properties) {
    std::vector<std::string> entries;
    for (const auto& [key, value] : properties.fields()) {
      entries.push_back(Bytes(1, Joined({Bytes(1, key), Bytes(2, Value(value))})));
      if (IsOdd()) entries.push_back(Bytes(1, Bytes(1, key) + Bytes(2, Eight(2, 1))));  // the key again
    }
    return Joined(entries);
  }

  RandomEvents& dice_;
  size_t odd_in_;
};

}  // namespace donut::testing
