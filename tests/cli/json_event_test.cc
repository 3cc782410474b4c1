#include "cli/json_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace donut::cli {
namespace {

using ::testing::HasSubstr;

google::protobuf::Value Property(const std::string& assignment) {
  google::protobuf::Struct properties;
  const absl::Status status = AddProperty(assignment, properties);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(properties.fields_size(), 1);
  return properties.fields().begin()->second;
}

TEST(JsonEventTest, TakesScalarsAsWhatTheyLookLike) {
  EXPECT_EQ(Property("plan=pro").string_value(), "pro");
  EXPECT_EQ(Property("seats=5").number_value(), 5);
  EXPECT_EQ(Property("share=-0.5e1").number_value(), -5);
  EXPECT_EQ(Property("paid=true").kind_case(), google::protobuf::Value::kBoolValue);
  EXPECT_EQ(Property("left=null").kind_case(), google::protobuf::Value::kNullValue);
  EXPECT_EQ(Property("zip=01234").string_value(), "01234");
  EXPECT_EQ(Property("zip=\"1234\"").string_value(), "1234");
  EXPECT_EQ(Property("tags=[\"a\",1]").list_value().values_size(), 2);
  EXPECT_EQ(Property("text=a=b").string_value(), "a=b");
  EXPECT_EQ(Property("empty=").string_value(), "");
}

TEST(JsonEventTest, RefusesAPropertyWithoutAKeyOrTwice) {
  google::protobuf::Struct properties;
  EXPECT_FALSE(AddProperty("plan", properties).ok());
  EXPECT_FALSE(AddProperty("=pro", properties).ok());
  EXPECT_TRUE(AddProperty("plan=pro", properties).ok());
  EXPECT_FALSE(AddProperty("plan=free", properties).ok());
}

TEST(JsonEventTest, RefusesIntegersThatADoubleCannotHold) {
  EXPECT_EQ(Property("id=9007199254740992").number_value(), 9007199254740992.0);
  for (const char* big : {"id=9007199254740993", "id=-9007199254740993", "id=9223372036854775808",
                          "id=123456789012345678901234567890"}) {
    google::protobuf::Struct properties;
    EXPECT_THAT(AddProperty(big, properties).message(), HasSubstr("2^53")) << big;
  }
}

TEST(JsonEventTest, CountsNestingAsTheProtocolDoes) {
  google::protobuf::Struct five, six;
  EXPECT_TRUE(AddJsonProperties(R"({"a": {"b": {"c": {"d": [1]}}}})", five).ok());
  const absl::Status status = AddJsonProperties(R"({"a": {"b": {"c": {"d": [[1]]}}}})", six);
  EXPECT_THAT(status.message(), HasSubstr("a.b.c.d: nested deeper than 5 levels"));
}

TEST(JsonEventTest, LeavesPathsOut) {
  simdjson::dom::parser parser;
  const simdjson::dom::element element =
      parser.parse(std::string(R"({"a": 1, "b": {"c": 2, "d": 3}})")).value();
  EventBytes bytes;
  const JsonPlace at{nullptr, "properties"};
  ASSERT_TRUE(WriteValue(element, at, 1, {{"properties", "a"}, {"properties", "b", "c"}}, bytes).ok());
  google::protobuf::Value value;
  ASSERT_TRUE(value.ParseFromString(bytes.bytes()));
  EXPECT_EQ(value.struct_value().fields_size(), 1);
  EXPECT_EQ(value.struct_value().fields().at("b").struct_value().fields_size(), 1);
}

TEST(JsonEventTest, RefusesWhatIsNoObject) {
  google::protobuf::Struct properties;
  EXPECT_FALSE(AddJsonProperties("[1]", properties).ok());
  EXPECT_FALSE(AddJsonProperties("{", properties).ok());
}

}  // namespace
}  // namespace donut::cli
