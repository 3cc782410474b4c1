#include "cli/event_bytes.h"

#include <gtest/gtest.h>

#include <random>

#include "common/proto_alias.h"
#include "common/proto_time.h"
#include "donut/analytics/v1/event.pb.h"

namespace donut::cli {
namespace {

using google::protobuf::ListValue;
using google::protobuf::Struct;
using google::protobuf::Value;

void Write(const Value& value, EventBytes& out);

void WriteMembers(const Struct& object, EventBytes& out) {
  for (const auto& [key, value] : object.fields()) {
    out.OpenMember(key);
    Write(value, out);
    out.CloseMember();
  }
}

void Write(const Value& value, EventBytes& out) {
  switch (value.kind_case()) {
    case Value::kNullValue:
      return out.Null();
    case Value::kBoolValue:
      return out.Bool(value.bool_value());
    case Value::kNumberValue:
      return out.Number(value.number_value());
    case Value::kStringValue:
      return out.Text(value.string_value());
    case Value::kStructValue:
      out.OpenObject();
      WriteMembers(value.struct_value(), out);
      return out.CloseObject();
    case Value::kListValue:
      out.OpenList();
      for (const Value& element : value.list_value().values()) {
        out.OpenElement();
        Write(element, out);
        out.CloseElement();
      }
      return out.CloseList();
    case Value::KIND_NOT_SET:
      FAIL();
  }
}

// Lengths on both sides of one and two bytes.
std::string RandomText(std::mt19937_64& random) {
  constexpr size_t kSizes[] = {0, 1, 5, 100, 127, 128, 130, 16'383, 16'384};
  return std::string(kSizes[random() % (random() % 8 == 0 ? std::size(kSizes) : 7)], 'x');
}

Value RandomValue(std::mt19937_64& random, int depth) {
  Value value;
  switch (random() % (depth < 5 ? 6 : 4)) {
    case 0:
      value.set_null_value(google::protobuf::NULL_VALUE);
      break;
    case 1:
      value.set_bool_value(random() % 2 == 0);
      break;
    case 2:
      value.set_number_value(static_cast<double>(static_cast<int64_t>(random())) / 1e6);
      break;
    case 3:
      value.set_string_value(RandomText(random));
      break;
    case 4:
      value.mutable_struct_value();
      for (uint64_t i = random() % 4; i > 0; --i) {
        (*value.mutable_struct_value()->mutable_fields())[std::to_string(i)] = RandomValue(random, depth + 1);
      }
      break;
    default:
      value.mutable_list_value();
      for (uint64_t i = random() % 4; i > 0; --i) {
        *value.mutable_list_value()->add_values() = RandomValue(random, depth + 1);
      }
      break;
  }
  return value;
}

TEST(EventBytesTest, WritesWhatProtobufWrites) {
  EventBytes bytes;
  for (uint64_t seed = 1; seed <= 2'000; ++seed) {
    std::mt19937_64 random(seed);
    v1::Event event;
    event.set_name("n" + RandomText(random));
    event.set_user_id("u" + RandomText(random));
    event.set_session_id(RandomText(random));
    const absl::Time time =
        absl::FromUnixMicros(static_cast<int64_t>(random() % 4'000'000'000'000'000) - 1'000'000);
    *event.mutable_event_time() = ToProto(time);
    for (uint64_t i = random() % 6; i > 0; --i) {
      (*event.mutable_properties()->mutable_fields())[RandomText(random)] = RandomValue(random, 1);
    }
    bytes.StartEvent(event.name(), event.user_id(), event.session_id(), time);
    WriteMembers(event.properties(), bytes);
    bytes.FinishEvent();
    v1::Event back;
    ASSERT_TRUE(back.ParseFromString(bytes.bytes())) << "seed " << seed;
    EXPECT_EQ(back.SerializeAsString().size(), event.SerializeAsString().size()) << "seed " << seed;
    EXPECT_EQ(back.DebugString(), event.DebugString()) << "seed " << seed;
    EXPECT_EQ(bytes.bytes().size(), event.ByteSizeLong()) << "seed " << seed;
    EXPECT_EQ(bytes.time(), time);
  }
}

}  // namespace
}  // namespace donut::cli
