#include "client_lib/event_encoder.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "common/limits.h"
#include "common/proto_alias.h"
#include "common/proto_time.h"
#include "donut/analytics/v1/event.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"

namespace donut {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixMicros(1'706'700'000'123'456);

std::string Text(size_t bytes) { return std::string(bytes, 'x'); }

// What MeasureEvent says against an event with these parts; "" when it is accepted.
std::string Problem(EventView event) {
  if (event.event_time == absl::Time()) event.event_time = kNow;
  const EventMeasure measure = MeasureEvent(event, kNow);
  return measure.problem == nullptr ? "" : measure.problem;
}
std::string ProblemOf(std::initializer_list<Property> properties) {
  return Problem({.name = "n", .user_id = "u", .properties = {properties.begin(), properties.size()}});
}

v1::Event Encoded(const EventView& event) {
  const EventMeasure measure = MeasureEvent(event, kNow);
  EXPECT_STREQ(measure.problem, nullptr);
  std::string bytes(measure.event_bytes, '?');
  WriteEvent(event, measure, bytes.data());
  v1::Event parsed;
  EXPECT_TRUE(parsed.ParseFromString(bytes));
  return parsed;
}

TEST(EventEncoderTest, WritesWhatProtobufReads) {
  const std::string long_text(300, 'y');
  const Property deep[] = {{"deep", 5}};
  const Value nested_values[] = {true, Value::Object(deep)};
  const Value inner[] = {1, "two", nullptr, Value::List(nested_values)};
  const Property b[] = {{"c", "d"}};
  const Property inner_object[] = {{"a", 1}, {"b", Value::Object(b)}};
  const Property properties[] = {{"plan", "pro"},
                                 {"seats", 5},
                                 {"price", -1.5},
                                 {"big", 9007199254740992},
                                 {"annual", true},
                                 {"trial", false},
                                 {"note", nullptr},
                                 {"empty", ""},
                                 {"long", std::string_view(long_text)},
                                 {"grüße", "żółw 🐢"},
                                 {"list", Value::List(inner)},
                                 {"none", Value::List(std::span<const Value>())},
                                 {"object", Value::Object(inner_object)}};
  const v1::Event event = Encoded(
      {.name = "signup", .user_id = "u1", .session_id = "s1", .event_time = kNow, .properties = properties});
  v1::Event expected;
  expected.set_name("signup");
  expected.set_user_id("u1");
  expected.set_session_id("s1");
  *expected.mutable_event_time() = ToProto(kNow);
  auto& fields = *expected.mutable_properties()->mutable_fields();
  fields["plan"].set_string_value("pro");
  fields["seats"].set_number_value(5);
  fields["price"].set_number_value(-1.5);
  fields["big"].set_number_value(9007199254740992.0);
  fields["annual"].set_bool_value(true);
  fields["trial"].set_bool_value(false);
  fields["note"].set_null_value(google::protobuf::NULL_VALUE);
  fields["empty"].set_string_value("");
  fields["long"].set_string_value(long_text);
  fields["grüße"].set_string_value("żółw 🐢");
  auto& list = *fields["list"].mutable_list_value();
  list.add_values()->set_number_value(1);
  list.add_values()->set_string_value("two");
  list.add_values()->set_null_value(google::protobuf::NULL_VALUE);
  auto& nested = *list.add_values()->mutable_list_value();
  nested.add_values()->set_bool_value(true);
  (*nested.add_values()->mutable_struct_value()->mutable_fields())["deep"].set_number_value(5);
  fields["none"].mutable_list_value();
  auto& object = *fields["object"].mutable_struct_value()->mutable_fields();
  object["a"].set_number_value(1);
  (*object["b"].mutable_struct_value()->mutable_fields())["c"].set_string_value("d");
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(event, expected))
      << event.ShortDebugString();
}

TEST(EventEncoderTest, LeavesOutWhatIsEmpty) {
  const v1::Event event =
      Encoded({.name = "n", .user_id = "u", .event_time = absl::FromUnixSeconds(86400 * 400)});
  EXPECT_FALSE(event.has_properties());
  EXPECT_EQ(event.session_id(), "");
  EXPECT_EQ(event.event_time().seconds(), 86400 * 400);
  EXPECT_EQ(event.event_time().nanos(), 0);
}

TEST(EventEncoderTest, RoundsTheTimeDownToTheMicrosecond) {
  const v1::Event event =
      Encoded({.name = "n", .user_id = "u", .event_time = absl::FromUnixNanos(1'000'000'000'000'001'999)});
  EXPECT_EQ(event.event_time().seconds(), 1'000'000'000);
  EXPECT_EQ(event.event_time().nanos(), 1'000);
}

TEST(EventEncoderTest, LaterOfTwoEqualKeysCounts) {
  const Property properties[] = {{"a", 1}, {"a", 2}};
  const v1::Event event =
      Encoded({.name = "n", .user_id = "u", .event_time = kNow, .properties = properties});
  EXPECT_EQ(event.properties().fields().at("a").number_value(), 2);
}

TEST(EventEncoderTest, ChecksNameUserAndSession) {
  EXPECT_EQ(Problem({.name = "", .user_id = "u"}), "name: must not be empty");
  EXPECT_EQ(Problem({.name = "n", .user_id = ""}), "user_id: must not be empty");
  const std::string most = Text(200), over = Text(201);
  EXPECT_EQ(Problem({.name = most, .user_id = most, .session_id = most}), "");
  EXPECT_THAT(Problem({.name = over, .user_id = "u"}), HasSubstr("name: must have at most"));
  EXPECT_THAT(Problem({.name = "n", .user_id = over}), HasSubstr("user_id: must have at most"));
  EXPECT_THAT(Problem({.name = "n", .user_id = "u", .session_id = over}),
              HasSubstr("session_id: must have at most"));
  const std::string nul("a\0b", 3);
  for (const std::string& bad : {nul, std::string("\xff"), std::string("12345678\xc3")}) {
    EXPECT_THAT(Problem({.name = bad, .user_id = "u"}), HasSubstr("name: must be UTF-8"));
    EXPECT_THAT(Problem({.name = "n", .user_id = bad}), HasSubstr("user_id: must be UTF-8"));
    EXPECT_THAT(Problem({.name = "n", .user_id = "u", .session_id = bad}),
                HasSubstr("session_id: must be UTF-8"));
  }
}

TEST(EventEncoderTest, ChecksTheTime) {
  EXPECT_EQ(Problem({.name = "n", .user_id = "u", .event_time = limits::kMinEventTime}), "");
  EXPECT_EQ(Problem({.name = "n", .user_id = "u", .event_time = kNow + absl::Hours(24)}), "");
  for (const absl::Time bad :
       {limits::kMinEventTime - absl::Nanoseconds(1), kNow + absl::Hours(24) + absl::Nanoseconds(1),
        absl::InfinitePast(), absl::InfiniteFuture()}) {
    EXPECT_THAT(Problem({.name = "n", .user_id = "u", .event_time = bad}), HasSubstr("event_time"));
  }
}

TEST(EventEncoderTest, ChecksKeysAndTheirNumber) {
  std::vector<std::string> keys;
  for (int i = 0; i < 256; ++i) keys.push_back("k" + std::to_string(i));
  std::vector<Property> properties;
  for (const std::string& key : keys) properties.push_back({key, nullptr});
  EXPECT_EQ(Problem({.name = "n", .user_id = "u", .properties = std::span(properties).first(255)}), "");
  EXPECT_THAT(Problem({.name = "n", .user_id = "u", .properties = properties}),
              HasSubstr("at most 255 keys"));
  const std::string most = Text(255), over = Text(256);
  EXPECT_EQ(ProblemOf({{most, 1}}), "");
  EXPECT_THAT(ProblemOf({{over, 1}}), HasSubstr("a key must have at most 255"));
  EXPECT_THAT(ProblemOf({{"", 1}}), HasSubstr("a key must not be empty"));
  EXPECT_THAT(ProblemOf({{"\xc0\x80", 1}}), HasSubstr("a key must be UTF-8"));
  EXPECT_THAT(ProblemOf({{"o", Value::Object({{over, 1}})}}), HasSubstr("a key must have at most 255"));
}

TEST(EventEncoderTest, ChecksNumbers) {
  EXPECT_EQ(ProblemOf({{"a", 9007199254740992}, {"b", -9007199254740992}, {"c", 9007199254740992.0}}), "");
  EXPECT_THAT(ProblemOf({{"a", 9007199254740993}}), HasSubstr("within +-2^53"));
  EXPECT_THAT(ProblemOf({{"a", std::numeric_limits<int64_t>::min()}}), HasSubstr("within +-2^53"));
  EXPECT_THAT(ProblemOf({{"a", std::numeric_limits<uint64_t>::max()}}), HasSubstr("within +-2^53"));
  EXPECT_THAT(ProblemOf({{"a", 9007199254740994.0}}), HasSubstr("within +-2^53"));
  EXPECT_THAT(ProblemOf({{"a", std::nan("")}}), HasSubstr("finite"));
  EXPECT_THAT(ProblemOf({{"a", -std::numeric_limits<double>::infinity()}}), HasSubstr("finite"));
}

TEST(EventEncoderTest, ChecksStringValues) {
  const std::string most = Text(8192), over = Text(8193);
  EXPECT_EQ(ProblemOf({{"a", most}}), "");
  EXPECT_THAT(ProblemOf({{"a", over}}), HasSubstr("at most 8192"));
  EXPECT_THAT(ProblemOf({{"a", Value::List({"ok", std::string_view("\0", 1)})}}),
              HasSubstr("UTF-8 without NUL"));
}

TEST(EventEncoderTest, ChecksNesting) {
  const Value one(1);
  const Property level5[] = {{"e", one}};
  const Property level4[] = {{"d", Value::Object(level5)}};
  const Property level3[] = {{"c", Value::Object(level4)}};
  const Property level2[] = {{"b", Value::Object(level3)}};
  EXPECT_EQ(ProblemOf({{"a", Value::Object(level2)}}), "");
  const Property level1[] = {{"a", Value::Object(level2)}};
  EXPECT_THAT(ProblemOf({{"x", Value::Object(level1)}}), HasSubstr("at most 5 levels"));
  const Property list5[] = {{"e", Value::List(std::span(&one, 1))}};
  const Property list4[] = {{"d", Value::Object(list5)}};
  const Property list3[] = {{"c", Value::Object(list4)}};
  EXPECT_EQ(ProblemOf({{"b", Value::Object(list3)}}), "");
  const Property list2[] = {{"b", Value::Object(list3)}};
  EXPECT_THAT(ProblemOf({{"a", Value::Object(list2)}}), HasSubstr("at most 5 levels"));
}

TEST(EventEncoderTest, ChecksTheWholeEvent) {
  const std::string text = Text(8000);
  EXPECT_EQ(ProblemOf({{"a", text}, {"b", text}, {"c", text}, {"d", text}}), "");
  EXPECT_THAT(ProblemOf({{"a", text}, {"b", text}, {"c", text}, {"d", text}, {"e", text}}),
              HasSubstr("at most 32768"));
}

TEST(EventEncoderTest, WritesUserPropertiesBesideTheProperties) {
  const Property properties[] = {{"a", 1}};
  const Property user_properties[] = {
      {"plan", "pro"}, {"trial", nullptr}, {"address", Value::Object(properties)}};
  const v1::Event event = Encoded({.name = "n",
                                   .user_id = "u",
                                   .event_time = kNow,
                                   .properties = properties,
                                   .user_properties = user_properties});
  EXPECT_EQ(event.properties().fields_size(), 1);
  const auto& fields = event.user_properties().fields();
  ASSERT_EQ(fields.size(), 3u);
  EXPECT_EQ(fields.at("plan").string_value(), "pro");
  EXPECT_TRUE(fields.at("trial").has_null_value());
  EXPECT_EQ(fields.at("address").struct_value().fields().at("a").number_value(), 1);
  const v1::Event alone =
      Encoded({.name = "n", .user_id = "u", .event_time = kNow, .user_properties = user_properties});
  EXPECT_FALSE(alone.has_properties());
  EXPECT_EQ(alone.user_properties().fields_size(), 3);
}

TEST(EventEncoderTest, HoldsUserPropertiesToTheRulesOfProperties) {
  const auto problem_of = [](std::span<const Property> user_properties) {
    return Problem({.name = "n", .user_id = "u", .user_properties = user_properties});
  };
  const std::string most = Text(8192), over = Text(8193), long_key = Text(256);
  const Property most_text[] = {{"a", most}};
  EXPECT_EQ(problem_of(most_text), "");
  const Property long_text[] = {{"a", over}};
  EXPECT_EQ(problem_of(long_text), "user_properties: a string value must have at most 8192 bytes");
  const Property wrong_key[] = {{long_key, 1}};
  EXPECT_EQ(problem_of(wrong_key), "user_properties: a key must have at most 255 bytes");
  const std::vector<Property> many(256, Property{"k", 1});
  EXPECT_EQ(problem_of(many), "user_properties: must have at most 255 keys");
  EXPECT_EQ(problem_of(std::span(many).first(255)), "");
  const Property large[] = {{"a", most}, {"b", most}, {"c", most}};
  EXPECT_THAT(Problem({.name = "n", .user_id = "u", .properties = large, .user_properties = large}),
              HasSubstr("event: must have at most 32768"));
}

}  // namespace
}  // namespace donut
