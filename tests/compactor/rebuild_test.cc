#include "compactor/rebuild.h"

#include "tests/compactor/compactor_fixture.h"

namespace donut::compactor {
namespace {

using ::donut::testing::StatusIs;

class RebuildTest : public CompactorFixture {
 protected:
  std::string PartitionOf(int month) {
    return database_.Query(absl::StrCat("SELECT partition FROM event_partitions WHERE from_month <= ", month,
                                        " AND to_month > ", month));
  }
  void Run(const std::string& sql) { pqxx::nontransaction(database_.owner()).exec(sql); }
  // Of blocks and fresh rows.
  std::string EventsPacked() {
    return database_.Query(
        "SELECT (SELECT coalesce(sum(event_count), 0) FROM history_blocks) + "
        "(SELECT coalesce(sum(event_count), 0) FROM history_fresh)");
  }
};

TEST_F(RebuildTest, MakesThePartitionsHistoriesOutOfTheTable) {
  const int month = ThisMonth();
  Store(RandomEvents(500, {month, month - 1}));
  ASSERT_OK(PackAll(compactor_));
  Store(RandomEvents(100, {month}));
  Run("DELETE FROM history_columns; UPDATE history_fresh SET checksum = 7");
  Run("UPDATE history_partitions SET state = 'sql'");

  ASSERT_OK(PackAll(compactor_));

  EXPECT_EQ(PartitionsBySql(), "");
  ExpectHistoriesAreTheEvents();
}

TEST_F(RebuildTest, YearsAreRebuiltMonthByMonth) {
  const int january = 12 * 40;
  std::vector<int> months;
  for (int month = january; month < january + 12; ++month) months.push_back(month);
  Store(RandomEvents(400, months));
  Run("UPDATE history_partitions SET state = 'sql' WHERE partition = 'analytics_events_2010'");
  ASSERT_OK(PackAll(compactor_));
  EXPECT_EQ(Count("history_fresh"), 0);
  EXPECT_EQ(database_.Query("SELECT count(DISTINCT month) FROM history_blocks"), "12");
  ExpectHistoriesAreTheEvents();
}

// The collector's row locks nothing that a rebuild needs, and the other way round.
TEST_F(RebuildTest, WhatIsStoredMeanwhileStaysFresh) {
  const int month = ThisMonth();
  Store(RandomEvents(300, {month}));
  pqxx::connection late(database_.collector_url());
  pqxx::transaction<> open(late);
  ::donut::testing::StoreEvents(open, RandomEvents(50, {month}));
  bool stored = false;
  RebuildHooks hooks;
  hooks.is_stopping = [&] {
    if (!stored) Store(RandomEvents(70, {month}));
    stored = true;
    return false;
  };
  const auto rebuilt = RebuildPartition(compactor_, PartitionOf(month), hooks);
  ASSERT_OK(rebuilt);
  EXPECT_EQ(rebuilt->events, 300);
  EXPECT_TRUE(stored);
  open.commit();
  EXPECT_EQ(EventsPacked(), "420");
  ExpectHistoriesAreTheEvents();
}

TEST_F(RebuildTest, TruncatedDroppedAndDetachedPartitionsAreForgotten) {
  const int month = ThisMonth();
  Store(RandomEvents(600, {month, month - 1, month - 2, month - 3}));
  ASSERT_OK(PackAll(compactor_));
  Store(RandomEvents(60, {month, month - 1, month - 2, month - 3}));
  Run(absl::StrCat("TRUNCATE ", PartitionOf(month)));
  Run(absl::StrCat("DROP TABLE ", PartitionOf(month - 1)));
  Run(absl::StrCat("ALTER TABLE analytics_events DETACH PARTITION ", PartitionOf(month - 2)));

  ASSERT_OK(PackAll(compactor_));

  ExpectHistoriesAreTheEvents();
  EXPECT_GT(Count("analytics_events"), 0);
  EXPECT_EQ(database_.Query("SELECT count(*) FROM history_partitions FULL JOIN event_partitions "
                            "USING (partition) WHERE history_partitions.filenode IS DISTINCT FROM "
                            "event_partitions.filenode"),
            "0");
}

TEST_F(RebuildTest, APartitionThatComesBackIsRebuilt) {
  const int month = ThisMonth();
  Store(RandomEvents(100, {month}));
  const std::string partition = PartitionOf(month);
  const std::string bounds = database_.Query(
      absl::StrCat("SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = '", partition, "'"));
  Run(absl::StrCat("ALTER TABLE analytics_events DETACH PARTITION ", partition));
  ASSERT_OK(PackAll(compactor_));
  EXPECT_EQ(EventsPacked(), "0");
  Run(absl::StrCat("ALTER TABLE analytics_events ATTACH PARTITION ", partition, " ", bounds));
  ASSERT_OK(PackAll(compactor_));
  EXPECT_EQ(EventsPacked(), "100");
  ExpectHistoriesAreTheEvents();
}

TEST_F(RebuildTest, EventsDeletedOrInsertedByHandMakeSqlAnswerUntilItIsRebuilt) {
  const int month = ThisMonth();
  Store(RandomEvents(300, {month, month - 1}));
  ASSERT_OK(PackAll(compactor_));
  Run(absl::StrCat(
      "DELETE FROM analytics_events WHERE user_id > 0 AND event_time >= date_trunc('month', now())"));
  EXPECT_EQ(PartitionsBySql(), PartitionOf(month));
  ASSERT_OK(PackAll(compactor_));
  EXPECT_EQ(PartitionsBySql(), "");
  ExpectHistoriesAreTheEvents("after DELETE");

  Run("INSERT INTO analytics_events SELECT * FROM analytics_events LIMIT 20");
  EXPECT_NE(PartitionsBySql(), "");
  ASSERT_OK(PackAll(compactor_));
  ExpectHistoriesAreTheEvents("after INSERT");
}

// Its snapshot does not see the DELETE, so its end must not say that all is packed.
TEST_F(RebuildTest, WaitsForAChangeByHandThatIsNotCommittedYet) {
  const int month = ThisMonth();
  Store(RandomEvents(200, {month}));
  Run("UPDATE history_partitions SET state = 'sql'");
  pqxx::connection owner(database_.owner_url());
  pqxx::transaction<> by_hand(owner);
  by_hand.exec("DELETE FROM analytics_events WHERE user_id < 0");
  pqxx::nontransaction(compactor_).exec("SET lock_timeout = '50ms'");
  EXPECT_THAT(RebuildPartition(compactor_, PartitionOf(month)), StatusIs(absl::StatusCode::kAborted));
  by_hand.commit();
  ASSERT_OK(RebuildPartition(compactor_, PartitionOf(month)));
  ExpectHistoriesAreTheEvents();
}

TEST_F(RebuildTest, AChangeByHandWaitsForARebuildThatDoesNotSeeIt) {
  const int month = ThisMonth();
  Store(RandomEvents(200, {month}));
  const std::string partition = PartitionOf(month);
  Run("UPDATE history_partitions SET state = 'sql'");
  pqxx::connection owner(database_.owner_url());
  std::string error;
  RebuildHooks hooks;
  hooks.is_stopping = [&] {
    try {
      pqxx::transaction<> by_hand(owner);
      by_hand.exec("SET LOCAL lock_timeout = '50ms'");
      by_hand.exec("DELETE FROM analytics_events WHERE user_id < 0");
      by_hand.commit();
    } catch (const std::exception& refused) {
      error = refused.what();
    }
    return false;
  };
  ASSERT_OK(RebuildPartition(compactor_, partition, hooks));
  EXPECT_THAT(error, ::testing::HasSubstr("lock timeout"));
  EXPECT_EQ(database_.Query(
                absl::StrCat("SELECT state FROM history_partitions WHERE partition = '", partition, "'")),
            "packed");
  ExpectHistoriesAreTheEvents();
}

TEST_F(RebuildTest, StopsInTheMiddleAndLeavesEverythingAsItWas) {
  const int month = ThisMonth();
  Store(RandomEvents(200, {month}));
  RebuildHooks hooks;
  hooks.is_stopping = [] { return true; };
  EXPECT_THAT(RebuildPartition(compactor_, PartitionOf(month), hooks),
              StatusIs(absl::StatusCode::kCancelled));
  EXPECT_GT(Count("history_fresh"), 0);
  EXPECT_THAT(RebuildPartition(compactor_, "analytics_events_1066"), StatusIs(absl::StatusCode::kNotFound));
  ExpectHistoriesAreTheEvents();
}

}  // namespace
}  // namespace donut::compactor
