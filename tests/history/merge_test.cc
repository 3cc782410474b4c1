#include "history/merge.h"

#include <algorithm>
#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "history/fresh_format.h"
#include "history/month.h"
#include "tests/history/history_events.h"
#include "tests/support/random_seed.h"
#include "tests/support/status_matchers.h"

namespace donut::history {
namespace {

using donut::testing::RandomSeed;
using donut::testing::StatusIs;
using ::testing::HasSubstr;

constexpr int kMergedMonth = 680;

// Some as blocks, some as fresh rows.
class Sources {
 public:
  void Add(const std::vector<HistoryEvent>& events, bool fresh) {
    BlockBuilder builder(kMergedMonth);
    for (const HistoryEvent& event : events) AddTo(builder, event);
    auto block = fresh ? DecodeFresh(builder.FinishFresh(), kMergedMonth) : Decode(builder.Finish());
    ASSERT_OK(block);
    blocks_.push_back(std::make_unique<Block>(*std::move(block)));
    all_.insert(all_.end(), events.begin(), events.end());
  }
  std::vector<const Block*> blocks() const {
    std::vector<const Block*> blocks;
    for (const auto& block : blocks_) blocks.push_back(block.get());
    return blocks;
  }
  const std::vector<HistoryEvent>& events() const { return all_; }

 private:
  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<HistoryEvent> all_;
};

std::vector<Block> Merged(const Sources& sources, const std::function<bool(int64_t)>& keep = {}) {
  std::vector<Block> merged;
  EXPECT_OK(
      MergeBlocks(kMergedMonth, sources.blocks(), keep, [&merged](EncodedBlock encoded) -> absl::Status {
        auto block = Decode(encoded);
        if (!block.ok()) return block.status();
        merged.push_back(*std::move(block));
        return absl::OkStatus();
      }));
  return merged;
}

std::vector<HistoryEvent> EventsOfAll(const std::vector<Block>& blocks) {
  std::vector<HistoryEvent> all;
  for (const Block& block : blocks) {
    for (HistoryEvent& event : EventsOf(block)) all.push_back(std::move(event));
  }
  return all;
}

class MergeTest : public ::testing::Test {
 protected:
  const uint64_t seed_ = RandomSeed();
  ::testing::ScopedTrace trace_{__FILE__, __LINE__, "DONUT_RANDOM_SEED=" + std::to_string(seed_)};
  std::mt19937_64 random_{seed_};
};

TEST_F(MergeTest, GivesWhatSortingAllEventsGives) {
  for (int round = 0; round < 100; ++round) {
    Sources sources;
    RandomEvents wanted;
    wanted.month = kMergedMonth;
    wanted.seconds = random_() % 2 ? 3 : 2'592'000;  // few: ties across sources, of the same user
    wanted.micros = random_() % 2;
    wanted.users = 1 + static_cast<int>(random_() % 30);
    wanted.sessions = round % 2 * 0.5;
    const int count = static_cast<int>(random_() % 20);
    for (int i = 0; i < count; ++i) {
      wanted.count = random_() % 60;
      wanted.keys = static_cast<int>(random_() % 80);
      wanted.key_share = random_() % 2 ? 0.3 : 0.01;
      sources.Add(MakeEvents(wanted, static_cast<int64_t>(random_() % 1000) * 60, random_), random_() % 2);
    }
    ASSERT_EQ(EventsOfAll(Merged(sources)), Sorted(sources.events()));
  }
}

TEST_F(MergeTest, AKeyMayHaveAColumnInOneSourceAndNoneInAnother) {
  RandomEvents wanted;
  wanted.month = kMergedMonth;
  wanted.count = 400;
  wanted.keys = 3;
  Sources sources;
  std::vector<HistoryEvent> events = MakeEvents(wanted, 0, random_);
  events[0].properties["mixed"] = {ValueType::kText, "in the rest"};
  sources.Add(events, false);
  wanted.count = 20;
  events = MakeEvents(wanted, 1'000, random_);
  for (HistoryEvent& event : events) event.properties["mixed"] = {ValueType::kText, "in a column"};
  sources.Add(events, false);
  ASSERT_EQ(sources.blocks()[0]->summary.ColumnOf("mixed"), kRest);
  ASSERT_NE(sources.blocks()[1]->summary.ColumnOf("mixed"), kRest);
  const std::vector<Block> merged = Merged(sources);
  ASSERT_EQ(merged.size(), 1u);
  const int column = merged[0].summary.ColumnOf("mixed");
  ASSERT_NE(column, kRest) << "21 of 420 events have it";
  EXPECT_EQ(merged[0].at(column).texts.size(), 2u);
  EXPECT_EQ(merged[0].at(kRest).texts.size(), 0u);
  EXPECT_EQ(EventsOfAll(merged), Sorted(sources.events()));
}

TEST_F(MergeTest, LeavesOutWhomItShallNotKeep) {
  RandomEvents wanted;
  wanted.month = kMergedMonth;
  wanted.count = 300;
  Sources sources;
  sources.Add(MakeEvents(wanted, 0, random_), false);
  sources.Add(MakeEvents(wanted, 1'000, random_), true);
  const int64_t erased = sources.events()[0].key.user_id;
  std::vector<HistoryEvent> expected = sources.events();
  std::erase_if(expected, [erased](const HistoryEvent& event) { return event.key.user_id == erased; });
  ASSERT_LT(expected.size(), sources.events().size());
  EXPECT_EQ(EventsOfAll(Merged(sources, [erased](int64_t user) { return user != erased; })),
            Sorted(expected));
  EXPECT_TRUE(Merged(sources, [](int64_t) { return false; }).empty());
}

// Plain events of one user each, as many as asked for.
std::vector<HistoryEvent> EventsOfUser(int64_t user_id, size_t count, int64_t first_sequence) {
  std::vector<HistoryEvent> events(count);
  for (size_t i = 0; i < count; ++i) {
    events[i].key = {.user_id = user_id,
                     .time_us = MonthStartUs(kMergedMonth) + static_cast<int64_t>(i) * 1'000,
                     .event_name_id = 1,
                     .sequence = first_sequence + static_cast<int64_t>(i)};
  }
  return events;
}

TEST_F(MergeTest, CutsBetweenUsersWhereItCan) {
  Sources sources;
  const size_t most = kMaxBlockEvents * 2 / 5;
  for (int64_t user = 0; user < 4; ++user) sources.Add(EventsOfUser(user, most, user * 1'000'000), false);
  const std::vector<Block> merged = Merged(sources);
  ASSERT_EQ(merged.size(), 2u);
  EXPECT_EQ(merged[0].summary.event_count, 2 * most);
  EXPECT_EQ(merged[0].summary.last_user, 1);
  EXPECT_EQ(merged[1].summary.first_user, 2);
  EXPECT_TRUE(EventsOfAll(merged) == Sorted(sources.events()));
}

TEST_F(MergeTest, CutsWithinAUserWhoAloneHasMore) {
  Sources sources;
  sources.Add(EventsOfUser(5, kMaxBlockEvents - 10, 0), false);
  sources.Add(EventsOfUser(5, kMaxBlockEvents - 10, 1'000'000), false);
  sources.Add(EventsOfUser(4, 3, 5'000'000), true);
  sources.Add(EventsOfUser(6, 3, 6'000'000), true);
  const std::vector<Block> merged = Merged(sources);
  ASSERT_EQ(merged.size(), 3u);
  EXPECT_EQ(merged[0].summary.event_count, 3u);
  EXPECT_EQ(merged[1].summary.event_count, kMaxBlockEvents);
  EXPECT_EQ(merged[2].summary.event_count, kMaxBlockEvents - 20 + 3);
  EXPECT_TRUE(EventsOfAll(merged) == Sorted(sources.events()));
}

TEST_F(MergeTest, TextsOfABlockAreBounded) {
  Sources sources;
  std::vector<HistoryEvent> events = EventsOfUser(1, 4'000, 0);
  for (size_t i = 0; i < events.size(); ++i) {
    std::string text(8 << 10, 'x');
    text.replace(0, 5, std::to_string(10'000 + i));
    events[i].properties["text"] = {ValueType::kText, text};
  }
  sources.Add(events, false);
  const std::vector<Block> merged = Merged(sources);
  ASSERT_GT(merged.size(), 1u);
  for (const Block& block : merged)
    EXPECT_LE(block.at(kFirstProperty).texts.text().size(), 2 * kMaxBlockTextBytes + (8 << 10));
  EXPECT_TRUE(EventsOfAll(merged) == Sorted(sources.events()));
}

TEST_F(MergeTest, StopsWhereItsTakerFails) {
  Sources sources;
  sources.Add(EventsOfUser(5, 10, 0), false);
  EXPECT_THAT(MergeBlocks(kMergedMonth, sources.blocks(), {},
                          [](EncodedBlock) { return absl::UnavailableError("gone"); }),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(MergeTest, RefusesBlocksOfAnotherMonthOrWithoutColumns) {
  Sources sources;
  sources.Add(EventsOfUser(5, 10, 0), false);
  const auto take = [](EncodedBlock) { return absl::OkStatus(); };
  EXPECT_THAT(MergeBlocks(kMergedMonth + 1, sources.blocks(), {}, take),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("month")));
  Block partial = *sources.blocks()[0];
  partial.columns.erase(kSequences);
  EXPECT_THAT(MergeBlocks(kMergedMonth, {&partial}, {}, take),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("column 6")));
}

TEST_F(MergeTest, DecodingNoticesAChangedBody) {
  BlockBuilder builder(kMergedMonth);
  for (const HistoryEvent& event : EventsOfUser(5, 10, 0)) AddTo(builder, event);
  EncodedBlock encoded = builder.Finish();
  encoded.columns[2].body.back() ^= 1;
  EXPECT_THAT(Decode(encoded), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("checksum")));
}

}  // namespace
}  // namespace donut::history
