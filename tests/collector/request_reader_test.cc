#include "collector/request_reader.h"

#include <random>

#include "common/limits.h"
#include "google/protobuf/stubs/logging.h"
#include "gtest/gtest.h"
#include "tests/collector/build_event.h"
#include "tests/support/random_seed.h"
#include "tests/support/status_matchers.h"

namespace donut::collector {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;

v1::StreamEventsRequest HelloRequest() {
  v1::StreamEventsRequest request;
  request.mutable_hello()->set_producer_id(std::string(16, 'p'));
  request.mutable_hello()->set_token(std::string(16, 't'));
  return request;
}

void ExpectRefused(const v1::StreamEventsRequest& request, const std::string& message) {
  EXPECT_THAT(ReadStreamMessage(request.SerializeAsString()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)));
}

TEST(RequestReaderTest, ReadsEveryKindOfMessage) {
  std::string bytes = HelloRequest().SerializeAsString();
  EXPECT_TRUE(std::holds_alternative<v1::Hello>(*ReadStreamMessage(bytes)));
  v1::StreamEventsRequest request;
  request.mutable_batch()->set_first_sequence(7);
  *request.mutable_batch()->add_events() = testing::NamedEvent("a", "u");
  *request.mutable_batch()->add_events() = testing::NamedEvent("b", "u");
  request.mutable_batch()->set_bookmark("here");
  bytes = request.SerializeAsString();
  const auto message = ReadStreamMessage(bytes);
  ASSERT_TRUE(message.ok()) << message.status();
  const auto& batch = std::get<BatchFrame>(*message);
  EXPECT_EQ(batch.first_sequence, 7);
  ASSERT_EQ(batch.events.size(), 2u);
  v1::Event event;
  ASSERT_TRUE(event.ParseFromArray(batch.events[1].data(), static_cast<int>(batch.events[1].size())));
  EXPECT_EQ(event.name(), "b");
  EXPECT_EQ(batch.bookmark, "here");
  request.mutable_skipped()->set_first_sequence(1);
  request.mutable_skipped()->set_last_sequence(1);
  request.mutable_skipped()->set_reason(v1::SKIP_REASON_EMPTY);
  EXPECT_TRUE(std::holds_alternative<v1::Skipped>(*ReadStreamMessage(request.SerializeAsString())));
  request.mutable_unparsed()->set_sequence(1);
  EXPECT_TRUE(std::holds_alternative<v1::Unparsed>(*ReadStreamMessage(request.SerializeAsString())));
  request.mutable_close();
  EXPECT_TRUE(std::holds_alternative<v1::Close>(*ReadStreamMessage(request.SerializeAsString())));
}

TEST(RequestReaderTest, RefusesMessagesThatDoNotParse) {
  EXPECT_THAT(ReadStreamMessage("\xFF\xFF\xFF"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("does not parse")));
  std::string truncated = HelloRequest().SerializeAsString();
  truncated.pop_back();
  EXPECT_THAT(ReadStreamMessage(truncated),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("does not parse")));
  // An end-group tag ends a message for protobuf's own reader.
  EXPECT_THAT(ReadTrackEvents("\x0c"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("does not parse")));
  v1::StreamEventsRequest request = HelloRequest();
  std::string bad_text = request.SerializeAsString();
  request.mutable_hello()->set_user_agent("\xFF");
  EXPECT_THAT(ReadStreamMessage(request.SerializePartialAsString()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("hello")));
  EXPECT_THAT(ReadStreamMessage(""), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("exactly one")));
  EXPECT_THAT(ReadStreamMessage(bad_text + bad_text),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("exactly one")));
}

TEST(RequestReaderTest, NeverCrashesOnDamagedBytes) {
  const google::protobuf::LogSilencer silence;  // it would name each bad text
  const uint64_t seed = testing::RandomSeed();
  std::mt19937 random(seed);
  v1::StreamEventsRequest request;
  request.mutable_batch()->set_first_sequence(1);
  *request.mutable_batch()->add_events() =
      testing::EventFromJson(R"({"name":"a","userId":"b","properties":{"k":[1,{"x":"y"}]}})");
  const std::string whole = request.SerializeAsString();
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = whole;
    for (int flips = 0; flips < 3; ++flips) bytes[random() % bytes.size()] = static_cast<char>(random());
    bytes.resize(random() % (bytes.size() + 1));
    const auto message = ReadStreamMessage(bytes);
    if (!message.ok()) {
      ASSERT_EQ(message.status().code(), absl::StatusCode::kInvalidArgument) << "DONUT_RANDOM_SEED=" << seed;
    } else if (const auto* batch = std::get_if<BatchFrame>(&*message)) {
      (void)PrepareEvents(batch->events, {.first_sequence = batch->first_sequence, .field = "batch.events"},
                          testing::TestHash(), testing::kNoon);
    }
  }
}

TEST(RequestReaderTest, HoldsTheLimitsOfHello) {
  v1::StreamEventsRequest request = HelloRequest();
  for (int i = 0; i < limits::kMaxEarlierTokens; ++i)
    request.mutable_hello()->add_earlier_tokens(std::string(16, 'e'));
  request.mutable_hello()->set_user_agent(std::string(limits::kMaxUserAgentBytes, 'a'));
  EXPECT_TRUE(ReadStreamMessage(request.SerializeAsString()).ok());
  request.mutable_hello()->add_earlier_tokens(std::string(16, 'e'));
  ExpectRefused(request, "hello.earlier_tokens: at most 64");
  request = HelloRequest();
  request.mutable_hello()->set_user_agent(std::string(limits::kMaxUserAgentBytes + 1, 'a'));
  ExpectRefused(request, "hello.user_agent");
  request = HelloRequest();
  request.mutable_hello()->set_producer_id("short");
  ExpectRefused(request, "hello.producer_id: must have 16 bytes, has 5");
  request = HelloRequest();
  request.mutable_hello()->set_token("");
  ExpectRefused(request, "hello.token");
  request = HelloRequest();
  request.mutable_hello()->set_epoch(-1);
  ExpectRefused(request, "hello.epoch");
}

TEST(RequestReaderTest, HoldsTheLimitsOfBatches) {
  v1::StreamEventsRequest request;
  request.mutable_batch()->set_first_sequence(1);
  ExpectRefused(request, "batch.events: is empty");
  for (int i = 0; i < limits::kMaxBatchEvents; ++i)
    *request.mutable_batch()->add_events() = testing::NamedEvent("a", "u");
  EXPECT_TRUE(ReadStreamMessage(request.SerializeAsString()).ok());
  request.mutable_batch()->set_first_sequence(0);
  ExpectRefused(request, "batch.first_sequence");
  request.mutable_batch()->set_first_sequence(std::numeric_limits<int64_t>::max());
  ExpectRefused(request, "batch.first_sequence");
  request.mutable_batch()->set_first_sequence(1);
  request.mutable_batch()->add_events();
  ExpectRefused(request, "has 5001 events");

  request.Clear();
  request.mutable_batch()->set_first_sequence(1);
  request.mutable_batch()->set_bookmark(std::string(limits::kMaxBookmarkBytes + 1, 'b'));
  *request.mutable_batch()->add_events() = testing::NamedEvent("a", "u");
  ExpectRefused(request, "batch.bookmark");
  request.mutable_batch()->mutable_bookmark()->pop_back();
  EXPECT_TRUE(ReadStreamMessage(request.SerializeAsString()).ok());
  request.mutable_batch()->add_events()->set_name(std::string(limits::kMaxBatchBytes, 'x'));
  ExpectRefused(request, "bytes of events");
}

TEST(RequestReaderTest, HoldsTheRulesOfSkippedAndUnparsed) {
  v1::StreamEventsRequest request;
  request.mutable_skipped()->set_first_sequence(3);
  request.mutable_skipped()->set_last_sequence(2);
  request.mutable_skipped()->set_reason(v1::SKIP_REASON_EMPTY);
  ExpectRefused(request, "skipped.last_sequence");
  request.mutable_skipped()->set_last_sequence(3);
  request.mutable_skipped()->set_reason(v1::SKIP_REASON_UNSPECIFIED);
  ExpectRefused(request, "skipped.reason");
  request.mutable_unparsed()->set_sequence(0);
  ExpectRefused(request, "unparsed.sequence");
}

TEST(RequestReaderTest, ReadsTrackEvents) {
  v1::TrackEventsRequest request;
  EXPECT_THAT(ReadTrackEvents(request.SerializeAsString()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("events: is empty")));
  *request.add_events() = testing::NamedEvent("a", "u");
  const std::string bytes = request.SerializeAsString();
  const auto events = ReadTrackEvents(bytes);
  ASSERT_TRUE(events.ok());
  EXPECT_EQ(events->size(), 1u);
}

}  // namespace
}  // namespace donut::collector
