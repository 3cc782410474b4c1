#include "compactor/compact.h"

#include <atomic>
#include <thread>

#include "compactor/audit.h"
#include "tests/compactor/compactor_fixture.h"

namespace donut::compactor {
namespace {

using CompactTest = CompactorFixture;

TEST_F(CompactTest, RoundsLeaveAMonthThatIsOverAsOneSlice) {
  const int month = ThisMonth() - 1;
  for (int i = 0; i < 6; ++i) {
    Store(RandomEvents(100, {month}));
    ASSERT_OK(CompactOnce(compactor_, absl::Now(), Eager()));
    ExpectHistoriesAreTheEvents();
  }
  while (true) {
    const auto report = CompactOnce(compactor_, absl::Now(), Eager());
    ASSERT_OK(report);
    ASSERT_OK(report->failure);
    if (!report->DidSomething()) break;
  }
  EXPECT_EQ(Count("history_fresh"), 0);
  EXPECT_EQ(CountSlices(), 2) << "one for each project";
  ExpectHistoriesAreTheEvents();
}

TEST_F(CompactTest, WhatHasJustComeIsNotPackedYetAndCounted) {
  Store(RandomEvents(100, {ThisMonth()}));
  const auto report = CompactOnce(compactor_, absl::Now(), {});
  ASSERT_OK(report);
  EXPECT_FALSE(report->DidSomething());
  EXPECT_EQ(report->waiting_events, 100);
  EXPECT_EQ(report->waiting_rows, 2);
}

TEST_F(CompactTest, WhatIsQuietIsPacked) {
  Store(RandomEvents(100, {ThisMonth()}));
  CompactOptions options;
  options.plan.quiet = absl::ZeroDuration();
  const auto report = CompactOnce(compactor_, absl::Now(), options);
  ASSERT_OK(report);
  EXPECT_EQ(report->packs, 2);
  EXPECT_EQ(report->rows_packed, 2);
  EXPECT_EQ(report->packed.events, 100);
  ExpectHistoriesAreTheEvents();
}

TEST_F(CompactTest, ADamagedFreshRowIsRebuiltByTheNextRound) {
  Store(RandomEvents(100, {ThisMonth()}));
  pqxx::nontransaction(database_.owner())
      .exec("UPDATE history_fresh SET body = body || 'x' WHERE project_id = 1");
  const auto report = CompactOnce(compactor_, absl::Now(), Eager());
  ASSERT_OK(report);
  EXPECT_TRUE(absl::IsDataLoss(report->failure)) << report->failure;
  EXPECT_NE(PartitionsBySql(), "");
  ASSERT_OK(CompactOnce(compactor_, absl::Now(), Eager()));
  EXPECT_EQ(PartitionsBySql(), "");
  ExpectHistoriesAreTheEvents();
}

TEST_F(CompactTest, TheAuditFindsWhatNoTriggerNoticed) {
  Store(RandomEvents(100, {ThisMonth(), ThisMonth() - 1}));
  auto report = AuditPartitions(compactor_);
  ASSERT_OK(report);
  EXPECT_THAT(report->differing, ::testing::IsEmpty());
  const std::string partition = database_.Query(
      absl::StrCat("SELECT partition FROM event_partitions WHERE from_month = ", ThisMonth()));
  // Past the parent, whose trigger would have noticed.
  pqxx::nontransaction(database_.owner())
      .exec(absl::StrCat("INSERT INTO ", partition, " SELECT * FROM ", partition, " LIMIT 1"));
  EXPECT_EQ(PartitionsBySql(), "");
  report = AuditPartitions(compactor_);
  ASSERT_OK(report);
  EXPECT_THAT(report->differing, ::testing::ElementsAre(partition));
  ASSERT_OK(PackAll(compactor_));
  ExpectHistoriesAreTheEvents();
}

// Two collectors, two compactors that pack and merge whatever they can, a hand that deletes, truncates and
// marks, a killer of their backends; and a reader that compares each snapshot.
class CompactStormTest : public CompactorFixture {
 protected:
  template <typename Step>
  std::thread Thread(const Step& step) {
    return std::thread([this, step] {
      for (int i = 0; !done_; ++i) {
        try {
          step(i);
        } catch (const std::exception&) {
          // Killed, or it lost against another: the next one.
        }
      }
    });
  }

  std::atomic<bool> done_ = false;
  std::atomic<int> compared_ = 0;
  std::atomic<int> rounds_ = 0;
};

TEST_F(CompactStormTest, EverySnapshotHasEachEventOnce) {
  std::vector<std::vector<StoredEvent>> groups;
  for (int i = 0; i < 120; ++i) {
    groups.push_back(RandomEvents(static_cast<int>(1 + Below(60)), {ThisMonth(), ThisMonth() - 1}));
  }
  std::vector<std::thread> threads;
  std::atomic<size_t> next_group = 0;
  for (int i = 0; i < 2; ++i) {
    threads.push_back(Thread([&](int) {
      pqxx::connection collector(database_.collector_url());
      for (int count = 0; count < 5 && !done_; ++count) {
        ::donut::testing::CommitEvents(collector, groups[next_group++ % groups.size()]);
        pqxx::nontransaction(collector).exec(
            "SELECT pg_sleep(0.05)");  // so few that each snapshot can be compared
      }
    }));
    threads.push_back(Thread([&](int) {
      pqxx::connection compactor(database_.compactor_url());
      for (int count = 0; count < 20 && !done_; ++count) {
        if (CompactOnce(compactor, absl::Now(), Eager()).ok()) ++rounds_;
      }
    }));
  }
  threads.push_back(Thread([&](int i) {
    pqxx::connection hand(database_.owner_url());
    pqxx::nontransaction by_hand(hand);
    if (i % 3 == 0) by_hand.exec(absl::StrCat("DELETE FROM analytics_events WHERE sequence % 97 = ", i % 97));
    if (i % 3 == 1) by_hand.exec("UPDATE history_partitions SET state = 'sql' WHERE random() < 0.02");
    by_hand.exec("SELECT pg_sleep(0.7)");
  }));
  threads.push_back(Thread([&](int) {
    pqxx::connection killer(database_.owner_url());
    pqxx::nontransaction(killer).exec(
        "SELECT pg_terminate_backend(pid), pg_sleep(0.1) FROM pg_stat_activity "
        "WHERE usename IN ('donut_collector', 'donut_compactor') ORDER BY random() LIMIT 1");
  }));
  // Where SQL answers, histories need not be the events: only months that are packed are compared.
  const absl::Time end = absl::Now() + absl::Minutes(1);
  while (compared_ < 30 && absl::Now() < end) {
    pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> snapshot(database_.owner());
    if (snapshot.exec("SELECT FROM history_partitions WHERE state <> 'packed'").size() > 0) continue;
    ++compared_;
    ASSERT_EQ(::donut::testing::EventsOfTable(snapshot), ::donut::testing::EventsOfHistories(snapshot))
        << "seed " << seed_;
  }
  done_ = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(compared_, 5);
  EXPECT_GT(rounds_, 5);
  pqxx::connection compactor(database_.compactor_url());
  ASSERT_OK(PackAll(compactor));
  ExpectHistoriesAreTheEvents("at the end");
  std::printf("%d snapshots compared, %d rounds\n", compared_.load(), rounds_.load());
}

}  // namespace
}  // namespace donut::compactor
