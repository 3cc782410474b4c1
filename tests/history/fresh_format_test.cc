#include "history/fresh_format.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "history/month.h"
#include "tests/history/history_events.h"
#include "tests/support/random_seed.h"
#include "tests/support/status_matchers.h"

namespace donut::history {
namespace {

using donut::testing::RandomSeed;
using donut::testing::StatusIs;
using ::testing::HasSubstr;

constexpr int kFreshMonth = 600;

std::string FreshBody(const std::vector<HistoryEvent>& events) {
  BlockBuilder builder(kFreshMonth);
  for (const HistoryEvent& event : events) AddTo(builder, event);
  return builder.FinishFresh();
}

TEST(FreshFormatTest, KeepsRandomEventsAndSortsThemWhenRead) {
  const uint64_t seed = RandomSeed();
  SCOPED_TRACE("DONUT_RANDOM_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 200; ++round) {
    RandomEvents wanted;
    wanted.month = kFreshMonth;
    wanted.count = random() % 200;
    wanted.users = 1 + static_cast<int>(random() % 300);
    wanted.seconds = random() % 2 ? 2 : 2'592'000;
    wanted.micros = random() % 2;
    wanted.keys = static_cast<int>(random() % 80);
    wanted.key_share = random() % 2 ? 0.5 : 0.01;
    const std::vector<HistoryEvent> events = MakeEvents(wanted, 1, random);
    ASSERT_OK_AND_ASSIGN(const Block block, DecodeFresh(FreshBody(events), kFreshMonth));
    ASSERT_EQ(EventsOf(block), Sorted(events));
    // The summary is that of the block that would be made of them.
    BlockBuilder builder(kFreshMonth);
    for (const HistoryEvent& event : events) AddTo(builder, event);
    const BlockSummary summary = builder.Finish().summary;
    EXPECT_EQ(block.summary.month, kFreshMonth);
    EXPECT_EQ(block.summary.event_count, summary.event_count);
    EXPECT_EQ(block.summary.user_count, summary.user_count);
    EXPECT_EQ(block.summary.first_user, summary.first_user);
    EXPECT_EQ(block.summary.last_user, summary.last_user);
    EXPECT_EQ(block.summary.first_time_us, summary.first_time_us);
    EXPECT_EQ(block.summary.last_time_us, summary.last_time_us);
    EXPECT_EQ(block.summary.keys, summary.keys);
  }
}

TEST(FreshFormatTest, ALoneEventTakesFewBytes) {
  BlockBuilder builder(kFreshMonth);
  builder.Add(
      {.user_id = 1, .time_us = MonthStartUs(kFreshMonth) + 12'345, .event_name_id = 3, .sequence = 9});
  EXPECT_LT(builder.FinishFresh().size(), 200u);
}

TEST(FreshFormatTest, RefusesFormatsThatItDoesNotKnow) {
  std::string body = FreshBody({});
  body[0] = 2;
  EXPECT_THAT(DecodeFresh(body, kFreshMonth), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("format 2")));
}

}  // namespace
}  // namespace donut::history
