#include "history/block_builder.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "history/merge.h"
#include "history/month.h"
#include "tests/history/history_events.h"
#include "tests/support/random_seed.h"
#include "tests/support/status_matchers.h"

namespace donut::history {
namespace {

using donut::testing::RandomSeed;
using ::testing::ElementsAre;

constexpr int kMonth = 683;  // December 2026

Block Packed(const std::vector<HistoryEvent>& events) {
  BlockBuilder builder(kMonth);
  for (const HistoryEvent& event : events) AddTo(builder, event);
  auto block = Decode(builder.Finish());
  EXPECT_OK(block);
  return *std::move(block);
}

class BlockBuilderTest : public ::testing::Test {
 protected:
  const uint64_t seed_ = RandomSeed();
  ::testing::ScopedTrace trace_{__FILE__, __LINE__, "DONUT_RANDOM_SEED=" + std::to_string(seed_)};
  std::mt19937_64 random_{seed_};
};

TEST_F(BlockBuilderTest, KeepsRandomEventsInTheirOrder) {
  for (int round = 0; round < 200; ++round) {
    RandomEvents wanted;
    wanted.month = kMonth;
    wanted.count = random_() % 300;
    wanted.users = 1 + static_cast<int>(random_() % 40);
    wanted.seconds = random_() % 2 ? 3 : 2'678'400;
    wanted.micros = random_() % 2;
    wanted.names = random_() % 4 ? 20 : 700;
    wanted.sessions = round % 3 * 0.5;
    wanted.keys = static_cast<int>(random_() % 90);
    wanted.key_share = random_() % 2 ? 0.5 : 0.004;
    const std::vector<HistoryEvent> events = MakeEvents(wanted, 1, random_);
    ASSERT_EQ(EventsOf(Packed(events)), Sorted(events));
  }
}

TEST_F(BlockBuilderTest, SumsUpWhatItHolds) {
  BlockBuilder builder(kMonth);
  const int64_t start = MonthStartUs(kMonth);
  builder.Add({.user_id = 7, .time_us = start + 50, .event_name_id = 1});
  builder.Add({.user_id = -9, .time_us = start + 70, .event_name_id = 1});
  builder.AddProperty("plan", {ValueType::kText, "free"});
  builder.Add({.user_id = 7, .time_us = start + 20, .event_name_id = 1});
  EXPECT_EQ(builder.event_count(), 3u);
  const EncodedBlock block = builder.Finish();
  EXPECT_EQ(builder.event_count(), 0u);
  EXPECT_EQ(block.summary.month, kMonth);
  EXPECT_EQ(block.summary.event_count, 3u);
  EXPECT_EQ(block.summary.user_count, 2u);
  EXPECT_EQ(block.summary.first_user, -9);
  EXPECT_EQ(block.summary.last_user, 7);
  EXPECT_EQ(block.summary.first_time_us, start + 20);
  EXPECT_EQ(block.summary.last_time_us, start + 70);
  EXPECT_THAT(block.summary.keys, ElementsAre("plan"));
  EXPECT_EQ(block.summary.ColumnOf("plan"), kFirstProperty);
  EXPECT_EQ(block.summary.ColumnOf("other"), kRest);
}

TEST_F(BlockBuilderTest, OfSeveralValuesOfAKeyTheLastStands) {
  BlockBuilder builder(kMonth);
  builder.Add({.user_id = 1, .time_us = MonthStartUs(kMonth)});
  builder.AddProperty("a", {ValueType::kText, "lost"});
  builder.AddProperty("b", {ValueType::kText, "taken away"});
  builder.AddProperty("a", {ValueType::kNumber, "2"});
  builder.AddProperty(builder.KeyCode("b"), 0);
  ASSERT_OK_AND_ASSIGN(const Block block, Decode(builder.Finish()));
  ASSERT_THAT(block.summary.keys, ElementsAre("a"));
  const Dictionary& values = block.at(kFirstProperty).texts;
  ASSERT_EQ(values.size(), 1u) << "a value that no event has is kept";
  EXPECT_EQ(values.At(1), (ValueView{ValueType::kNumber, "2"}));
}

TEST_F(BlockBuilderTest, RareKeysAreKeptInOneObjectAsJsonbPrintsIt) {
  BlockBuilder builder(kMonth);
  for (int i = 0; i < 201; ++i) {
    builder.Add({.user_id = i, .time_us = MonthStartUs(kMonth), .sequence = i});
    if (i % 2 == 0) builder.AddProperty("often", {ValueType::kBool, "true"});
    if (i < 2) {
      builder.AddProperty("zz", {ValueType::kText, "a\"b"});
      builder.AddProperty("aaa", {ValueType::kJson, "[1, 2]"});
      builder.AddProperty("b", {ValueType::kNumber, "1.0"});
    }
  }
  ASSERT_OK_AND_ASSIGN(const Block block, Decode(builder.Finish()));
  EXPECT_THAT(block.summary.keys, ElementsAre("often"));
  const Column& rest = block.at(kRest);
  ASSERT_EQ(rest.texts.size(), 1u);
  EXPECT_EQ(rest.texts.At(1), (ValueView{ValueType::kJson, R"({"b": 1.0, "zz": "a\"b", "aaa": [1, 2]})"}));
  EXPECT_EQ(rest.values.At(0), 1);
  EXPECT_EQ(rest.values.At(1), 1);
  EXPECT_EQ(rest.values.At(2), 0);
}

TEST_F(BlockBuilderTest, OnlyTheMostFrequentKeysHaveColumns) {
  RandomEvents wanted;
  wanted.month = kMonth;
  wanted.count = 500;
  wanted.keys = 100;
  const std::vector<HistoryEvent> events = MakeEvents(wanted, 1, random_);
  const Block block = Packed(events);
  EXPECT_EQ(block.summary.keys.size(), static_cast<size_t>(kMaxKeyColumns));
  EXPECT_EQ(block.columns.size(), static_cast<size_t>(kFirstProperty + kMaxKeyColumns));
  EXPECT_EQ(EventsOf(block), Sorted(events));
}

TEST_F(BlockBuilderTest, KeepsMoreValuesThanTwoBytesCount) {
  std::vector<HistoryEvent> events(70'000);
  for (size_t i = 0; i < events.size(); ++i) {
    events[i].key = {.user_id = static_cast<int64_t>(i / 10),
                     .time_us = MonthStartUs(kMonth) + static_cast<int64_t>(i),
                     .session_id = static_cast<int64_t>(random_()),
                     .sequence = static_cast<int64_t>(random_())};
    events[i].properties["url"] = {ValueType::kText, "https://example.com/" + std::to_string(i)};
  }
  const Block block = Packed(events);
  EXPECT_EQ(block.at(kFirstProperty).texts.size(), events.size());
  EXPECT_TRUE(EventsOf(block) == Sorted(events));
}

TEST_F(BlockBuilderTest, IsFullByEventsOrByTexts) {
  BlockBuilder by_events(kMonth);
  for (size_t i = 0; i < kMaxBlockEvents; ++i) {
    ASSERT_FALSE(by_events.IsFull());
    by_events.Add({.time_us = MonthStartUs(kMonth)});
  }
  EXPECT_TRUE(by_events.IsFull());

  BlockBuilder by_texts(kMonth);
  std::string text(8 << 10, 'x');
  for (size_t i = 0; i < kMaxBlockTextBytes / text.size(); ++i) {
    ASSERT_FALSE(by_texts.IsFull());
    by_texts.Add({.time_us = MonthStartUs(kMonth)});
    text.replace(0, 8, std::to_string(10'000'000 + i));
    by_texts.AddProperty("text", {ValueType::kText, text});
  }
  EXPECT_TRUE(by_texts.IsFull());
  by_texts.Finish();
  EXPECT_FALSE(by_texts.IsFull());
}

TEST_F(BlockBuilderTest, NothingIsABlockToo) {
  const Block block = Packed({});
  EXPECT_EQ(block.summary.event_count, 0u);
  EXPECT_THAT(EventsOf(block), ElementsAre());
}

}  // namespace
}  // namespace donut::history
