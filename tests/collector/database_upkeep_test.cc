#include "collector/database_upkeep.h"

#include "absl/strings/str_cat.h"
#include "common/postgres/connection_pool.h"
#include "gtest/gtest.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_database.h"

namespace donut::collector {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;

class DatabaseUpkeepTest : public ::testing::Test {
 protected:
  DatabaseUpkeepTest() : upkeep_(&hash_, &clock_, absl::Hours(1)) {
    postgres::ConnectionOptions options;
    options.url = database_.collector_url();
    auto connected = postgres::Connect(options);
    EXPECT_TRUE(connected.ok()) << connected.status();
    connection_ = *std::move(connected);
  }
  // The last of the partitions that the migration made.
  void DropPartition() {
    database_.Query(
        "DO $$ BEGIN EXECUTE 'DROP TABLE ' || to_char(date_trunc('month', now()) + interval '3 months', "
        "'\"analytics_events_\"YYYY_MM'); END $$");
  }
  std::string Partitions() {
    return database_.Query("SELECT count(*) FROM pg_inherits WHERE inhparent = 'analytics_events'::regclass");
  }

  testing::TestDatabase database_;
  testing::FakeClock clock_;
  SharedHash hash_;
  DatabaseUpkeep upkeep_;
  std::unique_ptr<pqxx::connection> connection_;
};

TEST_F(DatabaseUpkeepTest, ReadsTheHashKey) {
  EXPECT_FALSE(hash_.Get().ok());
  ASSERT_TRUE(upkeep_.Check(*connection_).ok());
  EXPECT_TRUE(hash_.Get().ok());
}

TEST_F(DatabaseUpkeepTest, DoesNotServeWithAKeyThatDoesNotFitItsCanary) {
  database_.Query("UPDATE installation SET canary = canary + 1");
  EXPECT_THAT(upkeep_.Check(*connection_),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("canary")));
  EXPECT_FALSE(hash_.Get().ok());
}

TEST_F(DatabaseUpkeepTest, MakesPartitionsAtFirstAndThenHourly) {
  const std::string all = Partitions();
  DropPartition();
  ASSERT_TRUE(upkeep_.Check(*connection_).ok());
  EXPECT_EQ(Partitions(), all);
  DropPartition();
  clock_.Advance(absl::Minutes(59));
  ASSERT_TRUE(upkeep_.Check(*connection_).ok());
  EXPECT_NE(Partitions(), all);
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(upkeep_.Check(*connection_).ok());
  EXPECT_EQ(Partitions(), all);
}

TEST_F(DatabaseUpkeepTest, ForgetsOldInsertIdsAndProducers) {
  database_.Query("INSERT INTO insert_ids VALUES (1, 'old', now() - interval '31 days'), (1, 'new', now())");
  database_.Query(
      "INSERT INTO producers (project_id, producer_id, token, durable, closed_at, updated_at) "
      "SELECT 1, decode(lpad(to_hex(i), 32, '0'), 'hex'), decode(repeat('00', 16), 'hex'), durable, "
      "CASE WHEN closed THEN now() - interval '2 days' END, now() - age "
      "FROM (VALUES (1, false, true, interval '2 days'), (2, true, true, '2 days'), (3, false, false, '2 "
      "days'), "
      "(4, true, false, '91 days')) p (i, durable, closed, age)");
  ASSERT_TRUE(upkeep_.Check(*connection_).ok());
  EXPECT_EQ(database_.Query("SELECT string_agg(insert_id, ',') FROM insert_ids"), "new");
  EXPECT_EQ(database_.Query(
                "SELECT string_agg(right(producer_id::text, 1), ',' ORDER BY producer_id) FROM producers"),
            "2,3");
}

TEST_F(DatabaseUpkeepTest, ForgetsASilentSourceOnlyWithoutABookmark) {
  database_.Query(
      "INSERT INTO producers (project_id, producer_id, token, durable, closed_at, bookmark, updated_at) "
      "SELECT 1, decode(lpad(to_hex(i), 32, '0'), 'hex'), decode(repeat('00', 16), 'hex'), true, "
      "CASE WHEN closed THEN now() - interval '1000 days' END, bookmark::bytea, now() - interval '1000 days' "
      "FROM (VALUES (1, true, 'line 7'), (2, false, 'line 7'), (3, true, ''), (4, false, '')) "
      "p (i, closed, bookmark)");
  ASSERT_TRUE(upkeep_.Check(*connection_).ok());
  EXPECT_EQ(database_.Query(
                "SELECT string_agg(right(producer_id::text, 1), ',' ORDER BY producer_id) FROM producers"),
            "1,2");
}

TEST_F(DatabaseUpkeepTest, ForgetsRejectedEventsAndSkippedRangesAfter90Days) {
  database_.Query(
      "INSERT INTO rejected_events SELECT 1, i, 1, now() - age, 'TOO_LARGE', '', '' "
      "FROM (VALUES (1, interval '91 days'), (2, '89 days')) r (i, age)");
  database_.Query(
      "INSERT INTO skipped_ranges SELECT 1, i, i, 'EMPTY', now() - age "
      "FROM (VALUES (1, interval '91 days'), (2, '89 days')) r (i, age)");
  ASSERT_TRUE(upkeep_.Check(*connection_).ok());
  EXPECT_EQ(database_.Query("SELECT string_agg(sequence::text, ',') FROM rejected_events"), "2");
  EXPECT_EQ(database_.Query("SELECT string_agg(first_sequence::text, ',') FROM skipped_ranges"), "2");
}

TEST_F(DatabaseUpkeepTest, DeletesInBatchesGoingOnInTheNextRounds) {
  database_.Query(
      "INSERT INTO insert_ids SELECT 1, i::text, now() - interval '31 days' FROM generate_series(1, 20005) "
      "i");
  database_.Query(
      "INSERT INTO rejected_events SELECT 1, i, 1, now() - interval '91 days', 'TOO_LARGE', '', '' "
      "FROM generate_series(1, 10001) i");
  const auto left = [this](const std::string& table) {
    return database_.Query("SELECT count(*) FROM " + table);
  };
  ASSERT_TRUE(upkeep_.Check(*connection_).ok());
  EXPECT_EQ(left("insert_ids"), "10005");
  EXPECT_EQ(left("rejected_events"), "1");
  ASSERT_TRUE(upkeep_.Check(*connection_).ok());
  EXPECT_EQ(left("insert_ids"), "5");
  EXPECT_EQ(left("rejected_events"), "0");
  ASSERT_TRUE(upkeep_.Check(*connection_).ok());
  EXPECT_EQ(left("insert_ids"), "0");
  // Done for an hour.
  database_.Query("INSERT INTO insert_ids VALUES (1, 'old', now() - interval '31 days')");
  ASSERT_TRUE(upkeep_.Check(*connection_).ok());
  EXPECT_EQ(left("insert_ids"), "1");
}

TEST_F(DatabaseUpkeepTest, DoesNotServeBeforeThereArePartitions) {
  database_.Query("ALTER FUNCTION extend_event_partitions(timestamptz) RENAME TO gone");
  for (int round = 0; round < 2; ++round) EXPECT_FALSE(upkeep_.Check(*connection_).ok());
  database_.Query("ALTER FUNCTION gone(timestamptz) RENAME TO extend_event_partitions");
  EXPECT_TRUE(upkeep_.Check(*connection_).ok());
}

TEST_F(DatabaseUpkeepTest, KeepsServingWhenTheHourlyWorkFailsAndTriesAgain) {
  database_.Query("INSERT INTO insert_ids VALUES (1, 'old', now() - interval '31 days')");
  database_.Query("ALTER FUNCTION expire_ledger() RENAME TO gone");
  EXPECT_TRUE(upkeep_.Check(*connection_).ok());
  database_.Query("ALTER FUNCTION gone() RENAME TO expire_ledger");
  EXPECT_TRUE(upkeep_.Check(*connection_).ok());
  EXPECT_EQ(database_.Query("SELECT count(*) FROM insert_ids"), "1");
  clock_.Advance(absl::Minutes(1));
  EXPECT_TRUE(upkeep_.Check(*connection_).ok());
  EXPECT_EQ(database_.Query("SELECT count(*) FROM insert_ids"), "0");
}

TEST_F(DatabaseUpkeepTest, MakesStatisticsOfAllEventsWhenThereAreManyMore) {
  const auto add = [this](int count) {
    database_.Query(
        absl::StrCat("INSERT INTO analytics_events SELECT now(), now(), i, NULL, i, 1, 1, 1, NULL "
                     "FROM generate_series(1, ",
                     count, ") i"));
    database_.Query("SELECT pg_stat_force_next_flush()");
  };
  const auto analyzed = [this] {
    return database_.Query("SELECT reltuples FROM pg_class WHERE oid = 'analytics_events'::regclass");
  };
  add(9'999);
  ASSERT_TRUE(upkeep_.Check(*connection_).ok());
  EXPECT_EQ(analyzed(), "-1") << "too few to be worth it";
  add(1);
  ASSERT_TRUE(upkeep_.Check(*connection_).ok());
  EXPECT_EQ(analyzed(), "-1") << "asked once a minute";
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(upkeep_.Check(*connection_).ok());
  EXPECT_EQ(analyzed(), "10000");
  EXPECT_EQ(
      database_.Query("SELECT count(*) FROM pg_stats WHERE tablename = 'analytics_events' AND inherited "
                      "AND attname = 'user_id'"),
      "1");
  add(2'000);
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(upkeep_.Check(*connection_).ok());
  EXPECT_EQ(analyzed(), "10000") << "a fifth more";
  add(1'000);
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(upkeep_.Check(*connection_).ok());
  EXPECT_EQ(analyzed(), "13000");
}

TEST_F(DatabaseUpkeepTest, KeepsServingWithoutStatistics) {
  database_.Query("ALTER FUNCTION analyze_events() RENAME TO gone");
  EXPECT_TRUE(upkeep_.Check(*connection_).ok());
}

}  // namespace
}  // namespace donut::collector
