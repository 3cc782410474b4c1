// Batches that were prepared: their events' properties by number say what their rows say.
#include "collector/property_coder.h"

#include <nlohmann/json.hpp>

#include "gtest/gtest.h"
#include "tests/collector/build_event.h"
#include "tests/collector/random_event.h"
#include "tests/collector/read_row.h"
#include "tests/support/random_seed.h"

namespace donut::collector {
namespace {

using ::donut::testing::EventFromJson;
using ::donut::testing::Prepare;
using nlohmann::json;

// What the numbers of an event say.
json ByNumber(const PreparedBatch& batch, size_t index) {
  json properties = json::object();
  for (const uint32_t code : batch.Codes(index)) {
    const PropertyValue& value = batch.property_values[code];
    const std::string text(batch.ValueText(value));
    properties[std::string(batch.Text(batch.property_keys[value.key]))] =
        value.type == history::ValueType::kText ? json(text) : json::parse(text);
  }
  return properties;
}

// What its row says, without what is null.
json ByRow(const PreparedBatch& batch, size_t index) {
  const auto stored = testing::ReadRow(batch.Row(index))[7];
  json properties = json::object();
  if (!stored) return properties;
  const json written = json::parse(stored->substr(1));
  for (const auto& [key, value] : written.items()) {
    if (!value.is_null()) properties[key] = value;
  }
  return properties;
}

TEST(PropertyCoderTest, SaysWhatTheRowsSay) {
  const uint64_t seed = testing::RandomSeed();
  SCOPED_TRACE(seed);
  testing::RandomEvents dice(seed, testing::kNoon);
  for (int round = 0; round < 200; ++round) {
    std::vector<v1::Event> events;
    for (size_t count = dice.Below(30); count > 0; --count) {
      events.push_back(events.size() > 2 && dice.OneIn(2) ? events[dice.Below(events.size())]
                                                          : dice.Event(0));
      // Only protobuf reads these: both ways in go into one batch.
      if (dice.OneIn(3))
        (*events.back().mutable_user_properties()->mutable_fields())["x"].set_bool_value(true);
    }
    const PreparedBatch batch = Prepare(events, 1);
    for (size_t i = 0; i < batch.events.size(); ++i) ASSERT_EQ(ByNumber(batch, i), ByRow(batch, i));
  }
}

TEST(PropertyCoderTest, GivesEqualTextsOneNumber) {
  std::vector<v1::Event> events;
  for (int i = 0; i < 100; ++i) {
    events.push_back(
        EventFromJson(i % 2 == 0 ? R"({"name":"a","userId":"u","properties":{"plan":"pro","seats":"5"}})"
                                 : R"({"name":"b","userId":"u","properties":{"plan":"free","on":true}})"));
  }
  events.push_back(EventFromJson(R"({"name":"c","userId":"u","properties":{"on":"true","seats":"5"}})"));
  events.push_back(EventFromJson(R"({"name":"d","userId":"u","properties":{"other":"pro"}})"));
  const PreparedBatch batch = Prepare(events, 1);
  EXPECT_EQ(batch.property_keys.size(), 4u);
  // Two plans, one number of seats, true as it is and as a text, and another key's value.
  EXPECT_EQ(batch.property_values.size(), 2u + 1u + 2u + 1u);
  EXPECT_EQ(batch.property_codes.size(), 203u);
}

TEST(PropertyCoderTest, RefersToTheEventWhereItCan) {
  const std::string text(1'000, 'x');
  const v1::Event event = EventFromJson(R"({"name":"a","userId":"u","properties":{"k":")" + text + "\"}}");
  const PreparedBatch batch = Prepare({event, event}, 1);
  EXPECT_LT(batch.text.size(), 2 * event.ByteSizeLong() + 100);
}

TEST(PropertyCoderTest, IsCountedInTheBatchsMemory) {
  PreparedBatch batch;
  const size_t before = batch.MemoryBytes();
  batch.property_keys.resize(100);
  batch.property_values.resize(100);
  batch.property_codes.resize(100);
  EXPECT_GE(batch.MemoryBytes(), before + 100 * (sizeof(TextRef) + sizeof(PropertyValue) + sizeof(uint32_t)));
}

}  // namespace
}  // namespace donut::collector
