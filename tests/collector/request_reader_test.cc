#include "collector/request_reader.h"

#include <random>

#include "absl/strings/escaping.h"
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

// With everything that protobuf passes over, before and behind each field.
std::string OddBatch() {
  using namespace std::string_literals;
  const std::string unknown = "\x78\x05"s                             // a number
                              + "\x7a\x02xx"s                         // bytes
                              + "\x7d" + "four"                       // four bytes
                              + "\x79" + "and eight"s.substr(0, 8)    // eight
                              + "\x7b\x08\x01\x0b\x0a\x01x\x0c\x7c"s  // a group and one in it
                              + "\x82\x80\x80\x80\x08\x01z"s          // a field number of five bytes
                              + "\x0d" + "four" + "\x10\x07" + "\x19" +
                              "no bytes"  // known fields of another kind
                              + "\x1d" + "four";
  return unknown + "\x08\x05" + unknown + "\x0a\x01q" + "\x08\x87\x80\x80\x00"s + unknown + "\x92\x00\x00"s +
         "\x12\x84\x00\x0a\x02no"s + "\x12\x80\x80\x80\x80\x00"s + "\x1a\x04mark" + unknown;
}

std::string AsRequest(const std::string& batch) {
  std::string bytes(1, static_cast<char>(v1::StreamEventsRequest::kBatchFieldNumber << 3 | 2));
  size_t size = batch.size();
  for (; size > 0x7f; size >>= 7) bytes += static_cast<char>((size & 0x7f) | 0x80);
  return bytes + static_cast<char>(size) + batch;
}

TEST(RequestReaderTest, PassesOverWhatProtobufPassesOver) {
  const std::string bytes = AsRequest(OddBatch());
  v1::StreamEventsRequest parsed;
  ASSERT_TRUE(parsed.ParseFromString(bytes));
  const auto message = ReadStreamMessage(bytes);
  ASSERT_TRUE(message.ok()) << message.status();
  const auto& batch = std::get<BatchFrame>(*message);
  EXPECT_EQ(batch.first_sequence, 7);
  EXPECT_EQ(batch.events, (std::vector<std::string_view>{"", "\x0a\x02no", ""}));
  EXPECT_EQ(batch.bookmark, "mark");
}

TEST(RequestReaderTest, ReadsBatchesAsProtobufDoes) {
  const google::protobuf::LogSilencer silence;  // it would name each bad text
  const uint64_t seed = testing::RandomSeed();
  std::mt19937 random(seed);
  const std::string whole = OddBatch();
  int read = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string bytes = whole;
    for (int flips = 0; flips < 2; ++flips) bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    bytes = AsRequest(bytes);
    v1::StreamEventsRequest parsed;
    if (!parsed.ParseFromString(bytes)) continue;  // it looks into the events too
    const auto message = ReadStreamMessage(bytes);
    if (!message.ok()) {
      ASSERT_THAT(message.status().message(), ::testing::Not(HasSubstr("does not parse")))
          << "DONUT_RANDOM_SEED=" << seed << " " << absl::CHexEscape(bytes);
      continue;
    }
    ++read;
    const auto& batch = std::get<BatchFrame>(*message);
    ASSERT_EQ(batch.first_sequence, parsed.batch().first_sequence()) << "DONUT_RANDOM_SEED=" << seed;
    ASSERT_EQ(batch.bookmark, parsed.batch().bookmark()) << "DONUT_RANDOM_SEED=" << seed;
    ASSERT_EQ(batch.events.size(), static_cast<size_t>(parsed.batch().events_size()));
    for (int event = 0; event < parsed.batch().events_size(); ++event) {
      v1::Event alone;
      ASSERT_TRUE(
          alone.ParseFromArray(batch.events[event].data(), static_cast<int>(batch.events[event].size())));
      ASSERT_EQ(alone.SerializeAsString(), parsed.batch().events(event).SerializeAsString());
    }
  }
  EXPECT_GT(read, 1'000);
}

TEST(RequestReaderTest, RefusesDamagedFields) {
  using namespace std::string_literals;
  const std::string damaged[] = {"\x02\x01x"s,         // field number 0
                                 "\x0c"s,              // the end of a group that did not begin
                                 "\x0b\x08\x01"s,      // a group without end
                                 "\x0b\x14"s,          // one that ends as another
                                 "\x0e\x01"s,          // wire type 6
                                 "\x0d\x01\x02\x03"s,  // three of four bytes
                                 "\x08\x80"s,          // a number without end
                                 "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s,  // of eleven bytes
                                 "\x12\x05" + "four"s,  // a length beyond the message
                                 "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s,  // a negative length
                                 "\x12\x80\x80\x80\x80\x80\x00"s,                  // a length of six bytes
                                 "\x92\x80\x80\x80\x80\x00\x00"s,                  // a tag of six bytes
                                 "\xff\xff\xff\xff\x7f\x00"s};                     // wire type 7
  for (const std::string& bytes : damaged) {
    v1::StreamEventsRequest parsed;
    EXPECT_FALSE(parsed.ParseFromString(AsRequest(bytes)));
    EXPECT_THAT(ReadStreamMessage(AsRequest(bytes)),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("batch: does not parse")));
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
