#include "collector/event_preparation.h"

#include "absl/strings/str_cat.h"
#include "collector/collector_options.h"
#include "common/limits.h"
#include "gtest/gtest.h"
#include "tests/collector/build_event.h"
#include "tests/collector/read_row.h"
#include "tests/support/status_matchers.h"

namespace donut::collector {
namespace {

using ::testing::HasSubstr;
using testing::kNoon;
using testing::StatusIs;

// Microseconds since 1970 in a column of type timestamptz.
int64_t TimeIn(const std::optional<std::string>& column) {
  return testing::BigEndian(*column) + 946'684'800'000'000;
}

TEST(EventPreparationTest, KeepsWhatTheEventSays) {
  const v1::Event event = testing::EventFromJson(
      R"({"name":"buy","userId":"ada","sessionId":"s","insertId":"i","eventTime":"2024-01-01T00:00:00.123456789Z",
          "properties":{"k":1}})");
  const PreparedBatch batch = testing::Prepare(
      {event}, {.project_id = 7, .producer_no = 12, .first_sequence = 41, .field = "events"});
  ASSERT_EQ(batch.events.size(), 1u);
  const PreparedEvent& prepared = batch.events[0];
  EXPECT_EQ(prepared.sequence, 41);
  EXPECT_EQ(batch.names, std::vector<std::string>{"buy"});
  EXPECT_EQ(prepared.name, 0);
  EXPECT_EQ(batch.Text(prepared.user_text), "ada");
  EXPECT_EQ(prepared.user_id, testing::TestHash().UserId(7, "ada"));
  EXPECT_EQ(batch.Text(prepared.insert_id), "i");
  EXPECT_EQ(batch.Text(prepared.payload), event.SerializeAsString());
  const auto row = testing::ReadRow(batch.Row(0));
  ASSERT_EQ(row.size(), 9u);
  EXPECT_EQ(testing::BigEndian(*row[1]), 12);
  EXPECT_EQ(testing::BigEndian(*row[2]), 41);
  EXPECT_EQ(testing::BigEndian(*row[3]), 7);
  EXPECT_EQ(TimeIn(row[4]), 1704067200123456);  // rounded down
  EXPECT_EQ(TimeIn(row[5]), absl::ToUnixMicros(kNoon));
  EXPECT_EQ(testing::BigEndian(*row[6]), prepared.user_id);
  EXPECT_EQ(row[7], "\x01{\"k\":1}");
  EXPECT_EQ(testing::BigEndian(*row[8]), testing::TestHash().SessionId(7, "s"));
}

TEST(EventPreparationTest, TakesTheTimeOfReceptionWhenNoneIsGiven) {
  const PreparedBatch batch = testing::Prepare({testing::NamedEvent("a", "u")}, 1);
  const auto row = testing::ReadRow(batch.Row(0));
  ASSERT_EQ(row.size(), 9u);
  EXPECT_EQ(TimeIn(row[4]), absl::ToUnixMicros(kNoon));
  EXPECT_FALSE(row[7].has_value());
  EXPECT_FALSE(row[8].has_value());
  EXPECT_EQ(batch.received_us, absl::ToUnixMicros(kNoon));
}

// Those read in one pass, and the last one through protobuf.
TEST(EventPreparationTest, EventsOfABatchWithoutTimesKeepTheirOrder) {
  const PreparedBatch batch = testing::Prepare(
      {testing::NamedEvent("a", "u"), testing::NamedEvent("", "u"), testing::NamedEvent("b", "u"),
       testing::EventFromJson(R"({"name":"c","userId":"u","userProperties":{"k":1}})")},
      41);
  ASSERT_EQ(batch.events.size(), 3u) << "one has no name";
  EXPECT_EQ(TimeIn(testing::ReadRow(batch.Row(0))[4]), absl::ToUnixMicros(kNoon));
  EXPECT_EQ(TimeIn(testing::ReadRow(batch.Row(1))[4]), absl::ToUnixMicros(kNoon) + 2);
  EXPECT_EQ(TimeIn(testing::ReadRow(batch.Row(2))[4]), absl::ToUnixMicros(kNoon) + 3);
  EXPECT_EQ(TimeIn(testing::ReadRow(batch.Row(2))[5]), absl::ToUnixMicros(kNoon)) << "received together";
}

TEST(EventPreparationTest, SetsBadEventsAsideWithTheirBytesAndNumbers) {
  v1::Event large = testing::NamedEvent("a", "u");
  large.set_session_id(std::string(limits::kMaxEventBytes, 'x'));
  const PreparedBatch batch = testing::Prepare(
      {testing::NamedEvent("a", "u"), testing::NamedEvent("", "u"), large, testing::NamedEvent("b", "u")},
      10);
  ASSERT_EQ(batch.events.size(), 2u);
  EXPECT_EQ(batch.events[1].sequence, 13);
  ASSERT_EQ(batch.rejected.size(), 2u);
  EXPECT_EQ(batch.rejected[0].sequence, 11);
  EXPECT_EQ(batch.rejected[0].payload, testing::NamedEvent("", "u").SerializeAsString());
  EXPECT_EQ(batch.rejected[1].reason, v1::REJECTION_REASON_TOO_LARGE);
}

TEST(EventPreparationTest, PassesOverWhatWasTakenBefore) {
  const std::string bytes = testing::NamedEvent("a", "u").SerializeAsString();
  const auto batch =
      PrepareEvents({bytes, bytes, bytes}, {.first_sequence = 5, .passed_over = 2, .field = "events"},
                    testing::TestHash(), kNoon);
  ASSERT_TRUE(batch.ok());
  ASSERT_EQ(batch->events.size(), 1u);
  EXPECT_EQ(batch->events[0].sequence, 7);
}

TEST(EventPreparationTest, NamesTheEventThatDoesNotParse) {
  v1::Event bad = testing::NamedEvent("\xFF", "u");
  const std::string good_bytes = testing::NamedEvent("a", "u").SerializeAsString();
  const std::string bad_bytes = bad.SerializePartialAsString();
  EXPECT_THAT(PrepareEvents({good_bytes, bad_bytes}, {.first_sequence = 1, .field = "batch.events"},
                            testing::TestHash(), kNoon),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("batch.events[1]: does not parse")));
}

TEST(EventPreparationTest, LinksPipelineEventsToTheirUpdate) {
  const PreparedBatch batch = testing::Prepare(
      {testing::NamedEvent("a", "u"),
       testing::EventFromJson(
           R"({"name":"pipeline_run_started","userId":"u","sessionId":"r","properties":{"pipeline":"p"}})")},
      1);
  EXPECT_EQ(batch.events[0].pipeline_update, -1);
  ASSERT_EQ(batch.events[1].pipeline_update, 0);
  EXPECT_EQ(batch.pipeline_updates[0].pipeline, "p");
}

// Control characters grow most: \u0001 in JSON.
TEST(EventPreparationTest, NeverTakesMoreThanALargestBatchMay) {
  v1::Event event = testing::NamedEvent("a", "u");
  auto& fields = *event.mutable_properties()->mutable_fields();
  for (int i = 0; i < 3; ++i)
    fields[absl::StrCat(i)].set_string_value(std::string(limits::kMaxStringValueBytes, '\1'));
  v1::Event small = testing::NamedEvent("a", std::string(limits::kMaxUserIdBytes, 'u'));
  v1::Event of_user = testing::NamedEvent("a", "u");
  *of_user.mutable_user_properties() = event.properties();
  v1::Event of_many_keys = testing::NamedEvent("a", "u");
  for (int i = 0; i < limits::kMaxProperties; ++i) {
    (*of_many_keys.mutable_user_properties()->mutable_fields())[std::string(1, '\1') + std::to_string(i)];
  }
  for (const v1::Event& kind : {event, small, of_user, of_many_keys}) {
    for (const bool is_odd : {false, true}) {
      std::string bytes = kind.SerializeAsString();
      // A user_id that comes twice: for protobuf.
      if (is_odd) bytes += absl::StrCat("\x12\x01", "u");
      const size_t count = std::min<size_t>(limits::kMaxBatchEvents, limits::kMaxBatchBytes / bytes.size());
      const std::vector<std::string_view> events(count, bytes);
      const auto batch = PrepareEvents(events, {.field = "events"}, testing::TestHash(), kNoon);
      ASSERT_TRUE(batch.ok());
      ASSERT_EQ(batch->events.size(), count);
      EXPECT_LE(batch->MemoryBytes(), static_cast<size_t>(kMaxFlatBatchBytes));
    }
  }
}

// Many small properties take most for their keys, their values and their numbers.
TEST(EventPreparationTest, NorDoesOneOfKeysAndValuesThatAllDiffer) {
  for (const bool has_numbers : {false, true}) {
    for (const bool is_odd : {false, true}) {
      std::vector<std::string> events;
      size_t size = 0;
      for (int next = 0; size < limits::kMaxBatchBytes;) {
        v1::Event event = testing::NamedEvent("a", "u");
        auto& fields = *event.mutable_properties()->mutable_fields();
        for (int i = 0; i < limits::kMaxProperties; ++i, ++next) {
          google::protobuf::Value& value = fields[absl::StrCat(absl::Hex(next))];
          if (has_numbers) {
            value.set_number_value(next + 0.123456789012345);
          } else {
            value.set_bool_value(true);
          }
        }
        events.push_back(event.SerializeAsString());
        if (is_odd) events.back() += absl::StrCat("\x12\x01", "u");
        size += events.back().size();
      }
      events.pop_back();
      const std::vector<std::string_view> views(events.begin(), events.end());
      const auto batch = PrepareEvents(views, {.field = "events"}, testing::TestHash(), kNoon);
      ASSERT_TRUE(batch.ok());
      ASSERT_EQ(batch->events.size(), events.size());
      EXPECT_GT(batch->property_keys.size(), 30'000u);
      EXPECT_LE(batch->MemoryBytes(), static_cast<size_t>(kMaxFlatBatchBytes));
    }
  }
}

TEST(EventPreparationTest, StaysNearTheSizeOfWhatCame) {
  std::vector<v1::Event> events;
  for (int i = 0; i < 2'000; ++i)
    events.push_back(
        testing::EventFromJson(R"({"name":"view","userId":"user","properties":{"l":[1,2,3,4,5,6,7,8]}})"));
  size_t wire = 0;
  for (const auto& event : events) wire += event.ByteSizeLong();
  EXPECT_LT(testing::Prepare(events, 1).MemoryBytes(), 4 * wire);
}

std::string UserPropertyOf(const PreparedBatch& batch, size_t index) {
  const UserProperty& property = batch.user_properties[index];
  return absl::StrCat(std::string(batch.Text(property.key)), ":", std::string(batch.Text(property.value)));
}

TEST(EventPreparationTest, KeepsWhatIsSaidOfTheUserByKey) {
  const PreparedBatch batch = testing::Prepare(
      {testing::NamedEvent("a", "u"),
       testing::EventFromJson(
           R"({"name":"a","userId":"u","eventTime":"2024-01-01T00:00:00Z","properties":{"k":1},
               "userProperties":{"a \"key\"":{"b":[null,1.5]}}})"),
       testing::EventFromJson(R"({"name":"a","userId":"u","userProperties":{"gone":null}})"),
       testing::EventFromJson(R"({"name":"a","userId":"u","userProperties":{}})")},
      1);
  ASSERT_EQ(batch.events.size(), 4u);
  EXPECT_EQ(batch.events[0].user_update, -1);
  EXPECT_EQ(batch.events[1].user_update, 0);
  EXPECT_EQ(batch.events[2].user_update, 1);
  EXPECT_EQ(batch.events[3].user_update, -1);
  ASSERT_EQ(batch.user_updates.size(), 2u);
  EXPECT_EQ(batch.user_updates[0].event_time_us, 1704067200000000);
  EXPECT_EQ(batch.user_updates[1].event_time_us, absl::ToUnixMicros(kNoon) + 2);
  EXPECT_EQ(batch.user_updates[1].first, 1u);
  EXPECT_EQ(batch.user_updates[1].count, 1u);
  EXPECT_EQ(UserPropertyOf(batch, 0), R"("a \"key\"":{"b":[null,1.5]})");
  EXPECT_EQ(UserPropertyOf(batch, 1), R"("gone":null)");
  EXPECT_EQ(testing::ReadRow(batch.Row(1))[7], "\x01{\"k\":1}") << "the event's own properties only";
  EXPECT_EQ(batch.Text(batch.events[1].user_text), "u");
}

}  // namespace
}  // namespace donut::collector
