// The partitions of analytics_events: there is one for every time that an event
// may have, and the collector's role can make the next ones.
#include <pqxx/pqxx>
#include <string>
#include <thread>
#include <vector>

#include "common/postgres/transaction.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_database.h"

namespace donut::postgres {
namespace {

using ::donut::testing::StatusIs;
using ::donut::testing::TestDatabase;
using ::testing::HasSubstr;

absl::StatusOr<int> Extend(const std::string& url, const std::string& until) {
  pqxx::connection connection(url);
  bool broken = false;
  int made = 0;
  const TransactionResult result = RunTransaction(
      connection, TransactionKind::kReadWrite,
      [&](pqxx::transaction_base& transaction) {
        made = transaction.exec("SELECT extend_event_partitions(" + until + ")")[0][0].as<int>();
        return absl::OkStatus();
      },
      broken);
  if (!result.status.ok()) return result.status;
  return made;
}

std::string InsertAt(TestDatabase& database, const std::string& times) {
  database.Query("INSERT INTO analytics_events SELECT t, now(), 1, NULL, 1, 1, 1, 1 FROM " + times +
                 " AS s(t)");
  return database.Query("SELECT count(*) FROM analytics_events");
}

TEST(PartitionsTest, EveryMonthFrom1971ToThreeMonthsAheadTakesEvents) {
  TestDatabase database;
  database.Query("SET timezone = 'UTC'");
  const std::string months =
      "generate_series('1971-01-01'::timestamptz, date_trunc('month', now()) + interval '3 months', '1 "
      "month')";
  const std::string count = database.Query("SELECT count(*) FROM " + months);
  EXPECT_EQ(InsertAt(database, months), count);
  // And the last microsecond of each.
  database.Query("TRUNCATE analytics_events");
  EXPECT_EQ(InsertAt(database, "(SELECT m + interval '1 month' - interval '1 microsecond' AS t FROM " +
                                   months + " AS m)"),
            count);
}

TEST(PartitionsTest, AreFewEnoughForPlanningAndHaveNoDefault) {
  TestDatabase database;
  EXPECT_LT(std::stoi(database.Query(
                "SELECT count(*) FROM pg_inherits WHERE inhparent = 'analytics_events'::regclass")),
            120);
  EXPECT_EQ(database.Query("SELECT count(*) FROM pg_class c JOIN pg_inherits ON inhrelid = oid "
                           "WHERE inhparent = 'analytics_events'::regclass "
                           "AND pg_get_expr(relpartbound, oid) = 'DEFAULT'"),
            "0");
}

TEST(PartitionsTest, TheCollectorMakesTheNextMonthsOnce) {
  TestDatabase database;
  ASSERT_OK_AND_ASSIGN(const int none, Extend(database.collector_url(), "now() + interval '3 months'"));
  EXPECT_EQ(none, 0);
  ASSERT_OK_AND_ASSIGN(const int made, Extend(database.collector_url(), "now() + interval '6 months'"));
  EXPECT_EQ(made, 3);
  ASSERT_OK_AND_ASSIGN(const int again, Extend(database.collector_url(), "now() + interval '6 months'"));
  EXPECT_EQ(again, 0);
  EXPECT_EQ(InsertAt(database, "generate_series(now(), now() + interval '6 months', '1 month')"), "7");
}

TEST(PartitionsTest, MonthsWithoutACollectorGetTheirsAndDroppedOldOnesStayAway) {
  TestDatabase database;
  database.Query("SET timezone = 'UTC'");
  // The latest left is 7 months ago, as if no collector had run since; the one before it was dropped.
  database.Query(
      "DO $$ BEGIN FOR i IN -6 .. 3 LOOP EXECUTE 'DROP TABLE IF EXISTS ' || "
      "to_char(date_trunc('month', now()) + i * interval '1 month', '\"analytics_events_\"YYYY_MM'); "
      "END LOOP; END $$");
  const std::string latest = database.Query(
      "SELECT max(relname) FROM pg_inherits JOIN pg_class ON oid = inhrelid "
      "WHERE inhparent = 'analytics_events'::regclass AND relname ~ '_\\d{4}_\\d{2}$'");
  ASSERT_EQ(latest, database.Query("SELECT to_char(date_trunc('month', now()) - interval '7 months', "
                                   "'\"analytics_events_\"YYYY_MM')"));
  const std::string dropped = database.Query(
      "SELECT to_char(date_trunc('month', now()) - interval '8 months', '\"analytics_events_\"YYYY_MM')");
  database.Query("DROP TABLE IF EXISTS " + dropped);
  ASSERT_OK_AND_ASSIGN(const int made, Extend(database.collector_url(), "now() + interval '3 months'"));
  EXPECT_EQ(made, 10);
  EXPECT_EQ(InsertAt(database,
                     "generate_series(date_trunc('month', now()) - interval '7 months', "
                     "now() + interval '3 months', '1 month')"),
            "11");
  EXPECT_EQ(database.Query("SELECT to_regclass('" + dropped + "') IS NULL"), "t");
}

TEST(PartitionsTest, MakesThisMonthWhenNoMonthIsLeft) {
  TestDatabase database;
  database.Query(
      "DO $$ DECLARE name text; BEGIN FOR name IN SELECT relname FROM pg_inherits JOIN pg_class ON oid = "
      "inhrelid WHERE inhparent = 'analytics_events'::regclass AND relname ~ '_\\d{4}_\\d{2}$' "
      "LOOP EXECUTE 'DROP TABLE ' || name; END LOOP; END $$");
  ASSERT_OK_AND_ASSIGN(const int made, Extend(database.collector_url(), "now() + interval '3 months'"));
  EXPECT_EQ(made, 4);
}

TEST(PartitionsTest, NewOnesHaveTheIndexAndNoLeftOverConstraint) {
  TestDatabase database;
  ASSERT_OK(Extend(database.collector_url(), "now() + interval '6 months'"));
  EXPECT_EQ(
      database.Query("SELECT count(*) FROM pg_inherits p WHERE inhparent = 'analytics_events'::regclass "
                     "AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = p.inhrelid)"),
      "0");
  EXPECT_EQ(database.Query("SELECT count(*) FROM pg_constraint c JOIN pg_inherits ON inhrelid = conrelid "
                           "WHERE contype = 'c' AND inhparent = 'analytics_events'::regclass"),
            "0");
}

TEST(PartitionsTest, RefusesMoreThanAYearAhead) {
  TestDatabase database;
  EXPECT_THAT(Extend(database.collector_url(), "now() + interval '13 months'"),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("at most one year")));
}

TEST(PartitionsTest, TwoCollectorsAtOnceMakeEachMonthOnce) {
  TestDatabase database;
  std::vector<absl::StatusOr<int>> made(2, absl::UnknownError("not run"));
  std::vector<std::thread> threads;
  for (absl::StatusOr<int>& one : made) {
    threads.emplace_back([&] { one = Extend(database.collector_url(), "now() + interval '11 months'"); });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_OK(made[0]);
  ASSERT_OK(made[1]);
  EXPECT_EQ(*made[0] + *made[1], 8);
}

TEST(PartitionsTest, AreMadeWhileAReaderIsOpen) {
  TestDatabase database;
  pqxx::connection reader(database.query_url());
  pqxx::work open(reader);
  open.exec("SELECT count(*) FROM analytics_events");
  EXPECT_OK(Extend(database.collector_url(), "now() + interval '6 months'"));
}

}  // namespace
}  // namespace donut::postgres
