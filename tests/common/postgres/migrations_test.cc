#include "common/postgres/migrations.h"

#include <atomic>
#include <thread>

#include "common/postgres/transaction.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_database.h"

namespace donut::postgres {
namespace {

using ::donut::testing::EmptyDatabase;
using ::donut::testing::StatusIs;
using ::donut::testing::TestDatabase;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string QueryOne(pqxx::connection& connection, const std::string& sql) {
  return pqxx::nontransaction(connection).exec(sql)[0][0].as<std::string>("");
}

absl::Status CheckOn(pqxx::connection& connection) {
  bool broken = false;
  return RunTransaction(connection, TransactionKind::kReadOnlySnapshot, CheckSchemaVersion, broken).status;
}

TEST(MigrationsTest, AreNumberedWithoutGaps) {
  const std::vector<Migration>& migrations = EmbeddedMigrations();
  ASSERT_GE(migrations.size(), 5u);
  for (size_t i = 0; i < migrations.size(); ++i) {
    EXPECT_EQ(migrations[i].version, static_cast<int>(i) + 1);
    EXPECT_EQ(std::stoi(migrations[i].name.substr(0, 4)), migrations[i].version);
    EXPECT_FALSE(migrations[i].sql.empty());
  }
}

TEST(MigrationsTest, BringAnEmptyDatabaseUpStepByStep) {
  EmptyDatabase database;
  pqxx::connection connection(database.owner_url());
  std::vector<std::string> names;
  const auto applied = Migrate(connection, [&names](const Migration& step) { names.push_back(step.name); });
  ASSERT_OK(applied);
  EXPECT_EQ(*applied, static_cast<int>(EmbeddedMigrations().size()));
  ASSERT_EQ(names.size(), EmbeddedMigrations().size());
  EXPECT_EQ(names.front(), "0001_projects");
  EXPECT_OK(CheckOn(connection));
}

TEST(MigrationsTest, DoNothingTheSecondTimeAndKeepTheHashKey) {
  EmptyDatabase database;
  pqxx::connection connection(database.owner_url());
  ASSERT_OK(Migrate(connection));
  const std::string key = QueryOne(connection, "SELECT hash_key FROM installation");
  const auto again = Migrate(connection);
  ASSERT_OK(again);
  EXPECT_EQ(*again, 0);
  EXPECT_EQ(QueryOne(connection, "SELECT hash_key FROM installation"), key);
}

TEST(MigrationsTest, TwoMigratorsAtOnceShareTheWork) {
  EmptyDatabase database;
  std::atomic<int> applied = 0;
  std::vector<absl::Status> statuses(2);
  std::vector<std::thread> threads;
  for (absl::Status& status : statuses) {
    threads.emplace_back([&] {
      pqxx::connection connection(database.owner_url());
      const auto count = Migrate(connection);
      status = count.status();
      if (count.ok()) applied += *count;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_OK(statuses[0]);
  EXPECT_OK(statuses[1]);
  EXPECT_EQ(applied, static_cast<int>(EmbeddedMigrations().size()));
  pqxx::connection connection(database.owner_url());
  EXPECT_EQ(QueryOne(connection, "SELECT count(*) FROM installation"), "1");
}

TEST(MigrationsTest, StopAtAStepWhoseTextChanged) {
  TestDatabase database;
  std::vector<Migration> changed = EmbeddedMigrations();
  changed[1].sql += "-- one more word\n";
  EXPECT_THAT(MigrateWith(database.owner(), changed),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("another text of step 2"), HasSubstr("0002_events"))));
}

TEST(MigrationsTest, StopAtADatabaseThatIsNewer) {
  TestDatabase database;
  std::vector<Migration> older = EmbeddedMigrations();
  older.pop_back();
  EXPECT_THAT(MigrateWith(database.owner(), older),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("newer than this program")));
}

TEST(MigrationsTest, AFailedStepLeavesNothingAndIsNamed) {
  EmptyDatabase database;
  pqxx::connection connection(database.owner_url());
  const std::vector<Migration> steps = {{1, "0001_good", "CREATE TABLE good (a int);"},
                                        {2, "0002_bad", "CREATE TABLE half (a int); SELECT 1/0;"}};
  EXPECT_THAT(MigrateWith(connection, steps),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("0002_bad"), HasSubstr("division by zero"))));
  EXPECT_EQ(QueryOne(connection, "SELECT to_regclass('good') IS NOT NULL"), "t");
  EXPECT_EQ(QueryOne(connection, "SELECT to_regclass('half') IS NULL"), "t");
  EXPECT_EQ(QueryOne(connection, "SELECT max(version) FROM schema_migrations"), "1");
}

TEST(SchemaVersionTest, AnEmptyDatabaseNeedsTheMigration) {
  EmptyDatabase database;
  pqxx::connection connection(database.owner_url());
  EXPECT_THAT(CheckOn(connection), StatusIs(absl::StatusCode::kFailedPrecondition,
                                            AllOf(HasSubstr("at version 0"), HasSubstr("donut migrate"))));
}

TEST(SchemaVersionTest, ANewerDatabaseFits) {
  TestDatabase database;
  database.Query("INSERT INTO schema_migrations VALUES (9999, 'later', decode(repeat('00', 32), 'hex'))");
  EXPECT_OK(CheckOn(database.owner()));
}

}  // namespace
}  // namespace donut::postgres
