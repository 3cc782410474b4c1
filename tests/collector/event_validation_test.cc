#include "collector/event_validation.h"

#include <limits>

#include "common/limits.h"
#include "common/pipeline_events.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/collector/build_event.h"

namespace donut::collector {
namespace {

using testing::GoodEvent;
using ::testing::HasSubstr;
using testing::kNoon;
using testing::NamedEvent;
using testing::WithNumber;
using testing::WithProperty;
using testing::WithTime;

void ExpectAccepted(const v1::Event& event) {
  const auto problem = ValidateEvent(event, kNoon);
  EXPECT_FALSE(problem.has_value()) << problem->detail;
}

void ExpectRejected(const v1::Event& event, v1::RejectionReason reason, const std::string& detail) {
  const auto problem = ValidateEvent(event, kNoon);
  ASSERT_TRUE(problem.has_value());
  EXPECT_EQ(problem->reason, reason) << problem->detail;
  EXPECT_THAT(problem->detail, HasSubstr(detail));
}

v1::Event WithText(const std::string& text) {
  google::protobuf::Value value;
  value.set_string_value(text);
  return WithProperty("t", value);
}

TEST(EventValidationTest, AcceptsTextsUpToTheirLimits) {
  v1::Event event;
  event.set_name(std::string(limits::kMaxEventNameBytes, 'n'));
  event.set_user_id(std::string(limits::kMaxUserIdBytes, 'u'));
  event.set_session_id(std::string(limits::kMaxSessionIdBytes, 's'));
  event.set_insert_id(std::string(limits::kMaxInsertIdBytes, 'i'));
  ExpectAccepted(event);
}

TEST(EventValidationTest, RejectsTextsOneByteOverTheirLimits) {
  v1::Event event = GoodEvent();
  event.set_name(std::string(limits::kMaxEventNameBytes + 1, 'n'));
  ExpectRejected(event, v1::REJECTION_REASON_TOO_LARGE, "name: 201 bytes; at most 200");
  event = GoodEvent();
  event.set_user_id(std::string(limits::kMaxUserIdBytes + 1, 'n'));
  ExpectRejected(event, v1::REJECTION_REASON_TOO_LARGE, "user_id: 201 bytes");
  event = GoodEvent();
  event.set_session_id(std::string(limits::kMaxSessionIdBytes + 1, 'n'));
  ExpectRejected(event, v1::REJECTION_REASON_TOO_LARGE, "session_id: 201 bytes");
  event = GoodEvent();
  event.set_insert_id(std::string(limits::kMaxInsertIdBytes + 1, 'n'));
  ExpectRejected(event, v1::REJECTION_REASON_TOO_LARGE, "insert_id: 201 bytes");
}

TEST(EventValidationTest, RejectsMissingNameAndUser) {
  ExpectRejected(NamedEvent("", "ada"), v1::REJECTION_REASON_MISSING_FIELD, "name: is empty");
  ExpectRejected(NamedEvent("signup", ""), v1::REJECTION_REASON_MISSING_FIELD, "user_id: is empty");
}

TEST(EventValidationTest, RejectsNulAndBadUtf8InEveryText) {
  const std::string nul("a\0b", 3);
  const std::string surrogate = "\xED\xA0\x80";
  for (const std::string& bad : {nul, surrogate}) {
    v1::Event event = GoodEvent();
    event.set_name(bad);
    ExpectRejected(event, v1::REJECTION_REASON_BAD_VALUE, "name: must");
    event = GoodEvent();
    event.set_user_id(bad);
    ExpectRejected(event, v1::REJECTION_REASON_BAD_VALUE, "user_id: must");
    event = GoodEvent();
    event.set_session_id(bad);
    ExpectRejected(event, v1::REJECTION_REASON_BAD_VALUE, "session_id: must");
    event = GoodEvent();
    event.set_insert_id(bad);
    ExpectRejected(event, v1::REJECTION_REASON_BAD_VALUE, "insert_id: must");
    ExpectRejected(WithText(bad), v1::REJECTION_REASON_BAD_VALUE, "properties[\"t\"]: must");
    ExpectRejected(WithProperty(bad, {}), v1::REJECTION_REASON_BAD_VALUE, "the key of properties");
  }
}

TEST(EventValidationTest, BoundsTheEventTimeOnBothSides) {
  const int64_t first = absl::ToUnixSeconds(limits::kMinEventTime);
  const int64_t last = absl::ToUnixSeconds(kNoon + limits::kMaxEventTimeAhead);
  ExpectAccepted(WithTime(first, 0));
  ExpectRejected(WithTime(first - 1, 999'999'999), v1::REJECTION_REASON_TIME_OUT_OF_RANGE, "before 1971");
  ExpectAccepted(WithTime(last, 0));
  ExpectRejected(WithTime(last, 1), v1::REJECTION_REASON_TIME_OUT_OF_RANGE, "24 hours ahead");
  ExpectRejected(WithTime(std::numeric_limits<int64_t>::max(), 0), v1::REJECTION_REASON_TIME_OUT_OF_RANGE,
                 "ahead");
  ExpectRejected(WithTime(std::numeric_limits<int64_t>::min(), 0), v1::REJECTION_REASON_TIME_OUT_OF_RANGE,
                 "before");
  ExpectRejected(WithTime(first, -1), v1::REJECTION_REASON_TIME_OUT_OF_RANGE, "nanos");
  ExpectRejected(WithTime(first, 1'000'000'000), v1::REJECTION_REASON_TIME_OUT_OF_RANGE, "nanos");
}

TEST(EventValidationTest, BoundsNumbersAtTwoToThe53) {
  ExpectAccepted(WithNumber(9007199254740992.0));
  ExpectAccepted(WithNumber(-9007199254740992.0));
  ExpectAccepted(WithNumber(5e-324));
  ExpectRejected(WithNumber(9007199254740994.0), v1::REJECTION_REASON_BAD_VALUE, "2^53");
  ExpectRejected(WithNumber(-1e300), v1::REJECTION_REASON_BAD_VALUE, "strings");
  ExpectRejected(WithNumber(std::numeric_limits<double>::infinity()), v1::REJECTION_REASON_BAD_VALUE,
                 "finite");
  ExpectRejected(WithNumber(std::numeric_limits<double>::quiet_NaN()), v1::REJECTION_REASON_BAD_VALUE,
                 "finite");
}

TEST(EventValidationTest, BoundsPropertiesAtTheirLimits) {
  v1::Event event = GoodEvent();
  for (int i = 0; i < limits::kMaxProperties; ++i)
    (*event.mutable_properties()->mutable_fields())[std::to_string(i)];
  ExpectAccepted(event);
  (*event.mutable_properties()->mutable_fields())["one more"];
  ExpectRejected(event, v1::REJECTION_REASON_TOO_LARGE, "properties: 256 keys; at most 255");

  ExpectAccepted(WithText(std::string(limits::kMaxStringValueBytes, 'x')));
  ExpectRejected(WithText(std::string(limits::kMaxStringValueBytes + 1, 'x')), v1::REJECTION_REASON_TOO_LARGE,
                 "8193");
  ExpectAccepted(WithProperty(std::string(limits::kMaxPropertyKeyBytes, 'k'), {}));
  ExpectRejected(WithProperty(std::string(limits::kMaxPropertyKeyBytes + 1, 'k'), {}),
                 v1::REJECTION_REASON_TOO_LARGE, "256 bytes; at most 255");
  ExpectRejected(WithProperty("", {}), v1::REJECTION_REASON_BAD_VALUE, "empty key");
}

TEST(EventValidationTest, CountsObjectsAndListsAsNesting) {
  ExpectAccepted(
      testing::EventFromJson(R"({"name":"a","userId":"b","properties":{"a":{"b":{"c":{"d":{"e":1}}}}}})"));
  ExpectRejected(
      testing::EventFromJson(R"({"name":"a","userId":"b","properties":{"a":{"b":{"c":{"d":{"e":{}}}}}}})"),
      v1::REJECTION_REASON_TOO_LARGE, "more than 5 levels");
  ExpectAccepted(testing::EventFromJson(R"({"name":"a","userId":"b","properties":{"a":[[[[1]]]]}})"));
  ExpectRejected(testing::EventFromJson(R"({"name":"a","userId":"b","properties":{"a":[[[[[]]]]]}})"),
                 v1::REJECTION_REASON_TOO_LARGE, "more than 5 levels");
}

TEST(EventValidationTest, BoundsTheWholeEvent) {
  EXPECT_FALSE(ValidateEventSize(limits::kMaxEventBytes).has_value());
  const auto problem = ValidateEventSize(limits::kMaxEventBytes + 1);
  ASSERT_TRUE(problem.has_value());
  EXPECT_EQ(problem->reason, v1::REJECTION_REASON_TOO_LARGE);
}

TEST(EventValidationTest, NamesThePathWithoutUnprintableBytes) {
  v1::Event event =
      testing::EventFromJson(R"({"name":"a","userId":"b","properties":{"x\ny":{"inner":1e300}}})");
  ExpectRejected(event, v1::REJECTION_REASON_BAD_VALUE, R"(properties["x?y"]["inner"]: must be)");
}

// Pipeline events.

std::optional<Problem> ReadPipeline(const std::string& json, PipelineUpdate& update) {
  return ReadPipelineUpdate(testing::EventFromJson(json), update);
}

TEST(PipelineUpdateTest, ReadsEveryKind) {
  PipelineUpdate update;
  EXPECT_FALSE(ReadPipeline(
      R"({"name":"pipeline_run_started","sessionId":"r","properties":{"pipeline":"p"}})", update));
  EXPECT_EQ(update.pipeline, "p");
  EXPECT_EQ(update.attempt, 1);
  update = {};
  EXPECT_FALSE(ReadPipeline(
      R"({"name":"pipeline_phase_completed","sessionId":"r",
          "properties":{"phase":"label","attempt":2,"items_in":7,"items_out":5,"more":true}})",
      update));
  EXPECT_EQ(update.phase, "label");
  EXPECT_EQ(update.attempt, 2);
  EXPECT_EQ(update.items_in, 7);
  EXPECT_EQ(update.items_out, 5);
  update = {};
  EXPECT_FALSE(ReadPipeline(
      R"({"name":"pipeline_run_failed","sessionId":"r","properties":{"reason":"disk full"}})", update));
  EXPECT_EQ(update.reason, "disk full");
  EXPECT_EQ(update.phase, "");
}

TEST(PipelineUpdateTest, RefusesWhatEventProtoForbids) {
  const struct {
    const char* json;
    const char* detail;
  } cases[] = {
      {R"({"name":"pipeline_run_completed"})", "session_id: is required"},
      {R"({"name":"pipeline_run_started","sessionId":"r"})", "properties.pipeline: is required"},
      {R"({"name":"pipeline_run_started","sessionId":"r","properties":{"pipeline":""}})",
       "properties.pipeline: has 0"},
      {R"({"name":"pipeline_run_started","sessionId":"r","properties":{"pipeline":1}})", "must be a string"},
      {R"({"name":"pipeline_phase_started","sessionId":"r"})", "properties.phase: is required"},
      {R"({"name":"pipeline_run_completed","sessionId":"r","properties":{"attempt":0}})",
       "properties.attempt"},
      {R"({"name":"pipeline_run_completed","sessionId":"r","properties":{"attempt":1000001}})",
       "1 to 1000000"},
      {R"({"name":"pipeline_run_completed","sessionId":"r","properties":{"attempt":1.5}})", "an integer"},
      {R"({"name":"pipeline_run_completed","sessionId":"r","properties":{"items_in":-1}})",
       "properties.items_in"},
      {R"({"name":"pipeline_run_completed","sessionId":"r","properties":{"items_out":"7"}})",
       "properties.items_out"},
  };
  for (const auto& c : cases) {
    PipelineUpdate update;
    const auto problem = ReadPipeline(c.json, update);
    ASSERT_TRUE(problem.has_value()) << c.json;
    EXPECT_EQ(problem->reason, v1::REJECTION_REASON_BAD_PIPELINE_EVENT);
    EXPECT_THAT(problem->detail, HasSubstr(c.detail));
  }
}

TEST(PipelineUpdateTest, KnowsTheReservedNamesOnly) {
  EXPECT_TRUE(IsPipelineEvent(kPipelineRunStarted));
  EXPECT_TRUE(IsPipelineEvent(kPipelineRunFailed));
  EXPECT_FALSE(IsPipelineEvent("pipeline_run"));
}

TEST(EventValidationTest, HoldsUserPropertiesToTheRulesOfProperties) {
  const auto problem_of = [](const google::protobuf::Struct& properties) {
    v1::Event event = testing::NamedEvent("a", "u");
    *event.mutable_user_properties() = properties;
    return ValidateEvent(event, kNoon);
  };
  google::protobuf::Struct properties;
  for (int i = 0; i < limits::kMaxProperties; ++i) (*properties.mutable_fields())[absl::StrCat("k", i)];
  EXPECT_FALSE(problem_of(properties).has_value());
  (*properties.mutable_fields())["one more"];
  EXPECT_EQ(problem_of(properties)->reason, v1::REJECTION_REASON_TOO_LARGE);
  EXPECT_EQ(problem_of(properties)->detail, "user_properties: 256 keys; at most 255 are allowed");

  properties.Clear();
  auto& plan = (*properties.mutable_fields())["plan"];
  plan.set_string_value(std::string(limits::kMaxStringValueBytes, 'x'));
  EXPECT_FALSE(problem_of(properties).has_value());
  plan.set_string_value(std::string(limits::kMaxStringValueBytes + 1, 'x'));
  EXPECT_EQ(problem_of(properties)->detail,
            "user_properties[\"plan\"]: 8193 bytes; at most 8192 are allowed");
  plan.set_number_value(9007199254740994.0);
  EXPECT_EQ(problem_of(properties)->reason, v1::REJECTION_REASON_BAD_VALUE);
  plan.set_string_value(std::string(1, '\0'));
  EXPECT_EQ(problem_of(properties)->reason, v1::REJECTION_REASON_BAD_VALUE);
  google::protobuf::Value* deepest = &plan;
  for (int level = 1; level < limits::kMaxPropertyNesting; ++level) {
    deepest = &(*deepest->mutable_struct_value()->mutable_fields())["k"];
  }
  deepest->set_bool_value(true);
  EXPECT_FALSE(problem_of(properties).has_value());
  (*deepest->mutable_struct_value()->mutable_fields())["k"];
  EXPECT_EQ(problem_of(properties)->reason, v1::REJECTION_REASON_TOO_LARGE);
  properties.Clear();
  (*properties.mutable_fields())[""];
  EXPECT_EQ(problem_of(properties)->reason, v1::REJECTION_REASON_BAD_VALUE);
}

}  // namespace
}  // namespace donut::collector
