#include "common/postgres/connection_pool.h"

#include <thread>

#include "absl/strings/str_cat.h"
#include "common/postgres/transaction.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_database.h"

namespace donut::postgres {
namespace {

using ::donut::testing::StatusIs;
using ::donut::testing::TestCluster;
using ::donut::testing::TestDatabase;
using ::testing::HasSubstr;
using ::testing::Not;

ConnectionOptions OptionsFor(const std::string& url) {
  ConnectionOptions options;
  options.url = url;
  options.application_name = "pool_test";
  return options;
}

std::string Ask(pqxx::connection_base& connection, const std::string& sql) {
  return pqxx::nontransaction(connection).exec(sql)[0][0].as<std::string>("");
}

TEST(ConnectTest, SetsRoleTimeoutsZoneEncodingAndName) {
  TestDatabase database;
  ConnectionOptions options = OptionsFor(database.owner_url());
  options.role = "donut_query";
  options.statement_timeout = absl::Milliseconds(1500);
  options.lock_timeout = absl::Seconds(2);
  options.settings = {{"work_mem", "7MB"}};
  ASSERT_OK_AND_ASSIGN(auto connection, Connect(options));
  EXPECT_EQ(Ask(*connection, "SELECT current_user"), "donut_query");
  EXPECT_EQ(Ask(*connection, "SELECT session_user"), "postgres");
  EXPECT_EQ(Ask(*connection, "SHOW statement_timeout"), "1500ms");
  EXPECT_EQ(Ask(*connection, "SHOW lock_timeout"), "2s");
  EXPECT_EQ(Ask(*connection, "SHOW idle_in_transaction_session_timeout"), "1min");
  EXPECT_EQ(Ask(*connection, "SHOW synchronous_commit"), "on");
  EXPECT_EQ(Ask(*connection, "SHOW work_mem"), "7MB");
  EXPECT_EQ(Ask(*connection, "SHOW timezone"), "UTC");
  EXPECT_EQ(Ask(*connection, "SHOW client_encoding"), "UTF8");
  EXPECT_EQ(Ask(*connection, "SHOW application_name"), "pool_test");
}

TEST(ConnectTest, TheUrlWinsOverTheDefaults) {
  TestDatabase database;
  const std::string url =
      absl::StrCat(database.owner_url(), "&application_name=mine&options=-c%20statement_timeout%3D7s");
  ASSERT_OK_AND_ASSIGN(auto connection, Connect(OptionsFor(url)));
  EXPECT_EQ(Ask(*connection, "SHOW application_name"), "mine");
  EXPECT_EQ(Ask(*connection, "SHOW statement_timeout"), "7s");
  EXPECT_EQ(Ask(*connection, "SHOW timezone"), "UTC");
}

TEST(ConnectTest, TakesKeysAndValuesWithQuotesToo) {
  const std::string url =
      absl::StrCat("host=", TestCluster::Shared().socket_folder(), " user=postgres dbname='it\\'s not'");
  EXPECT_THAT(Connect(OptionsFor(url)),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("\"it's not\" does not exist")));
}

TEST(ConnectTest, AMissingDatabaseOrRoleIsAPrecondition) {
  TestDatabase database;
  EXPECT_THAT(Connect(OptionsFor(TestCluster::Shared().UrlFor("no_such_database", "postgres"))),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("no_such_database")));
  EXPECT_THAT(Connect(OptionsFor(TestCluster::Shared().UrlFor("postgres", "no_such_user"))),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("no_such_user")));
  ConnectionOptions options = OptionsFor(database.owner_url());
  options.role = "no such role";
  EXPECT_THAT(Connect(options), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("no such role")));
  options = OptionsFor(database.query_url());
  options.role = "donut_collector";
  EXPECT_THAT(Connect(options),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("donut_collector")));
}

TEST(ConnectTest, ADatabaseThatIsNotThereIsUnavailable) {
  EXPECT_THAT(Connect(OptionsFor("host=/nonexistent dbname=x")), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(Connect(OptionsFor("postgresql://postgres@127.0.0.1:1/x")),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST(ConnectTest, NoMessageHasThePassword) {
  for (const std::string& url :
       {std::string("postgresql://someone:verysecret@127.0.0.1:1/x"),
        std::string("postgresql://someone:very@verysecret@127.0.0.1:1/x"),
        std::string("postgresql://someone:verysecret@127.0.0.1:port/x"),
        std::string("password=verysecret host"), std::string("host=127.0.0.1 port=1 password=verysecret"),
        std::string("postgresql://verysecret@127.0.0.1:1/x?password=verysecret")}) {
    const auto connection = Connect(OptionsFor(url));
    ASSERT_FALSE(connection.ok());
    EXPECT_THAT(std::string(connection.status().message()), Not(HasSubstr("verysecret"))) << url;
  }
}

TEST(ConnectionPoolTest, KeepsAConnectionForTheNext) {
  TestDatabase database;
  ConnectionPool pool(OptionsFor(database.owner_url()), 2);
  std::string first;
  {
    ASSERT_OK_AND_ASSIGN(const auto lease, pool.Acquire(absl::ZeroDuration()));
    first = Ask(*lease, "SELECT pg_backend_pid()");
  }
  ASSERT_OK_AND_ASSIGN(const auto lease, pool.Acquire(absl::ZeroDuration()));
  EXPECT_EQ(Ask(*lease, "SELECT pg_backend_pid()"), first);
}

TEST(ConnectionPoolTest, NeverHasMoreThanItsSize) {
  TestDatabase database;
  ConnectionPool pool(OptionsFor(database.owner_url()), 2);
  ASSERT_OK_AND_ASSIGN(const auto one, pool.Acquire(absl::ZeroDuration()));
  ASSERT_OK_AND_ASSIGN(const auto two, pool.Acquire(absl::ZeroDuration()));
  EXPECT_THAT(pool.Acquire(absl::Milliseconds(20)),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("all 2 database connections")));
}

TEST(ConnectionPoolTest, AWaitingThreadGetsThePlaceThatBecomesFree) {
  TestDatabase database;
  ConnectionPool pool(OptionsFor(database.owner_url()), 1);
  absl::Status waited = absl::UnknownError("not run");
  std::thread waiting;
  {
    ASSERT_OK_AND_ASSIGN(const auto lease, pool.Acquire(absl::ZeroDuration()));
    waiting = std::thread([&] { waited = pool.Acquire(absl::Seconds(30)).status(); });
  }
  waiting.join();
  EXPECT_OK(waited);
}

TEST(ConnectionPoolTest, ADiscardedConnectionIsReplaced) {
  TestDatabase database;
  ConnectionPool pool(OptionsFor(database.owner_url()), 1);
  std::string first;
  {
    ASSERT_OK_AND_ASSIGN(auto lease, pool.Acquire(absl::ZeroDuration()));
    first = Ask(*lease, "SELECT pg_backend_pid()");
    lease.Discard();
    EXPECT_EQ(Ask(*lease, "SELECT pg_backend_pid()"), first);
  }
  ASSERT_OK_AND_ASSIGN(const auto lease, pool.Acquire(absl::ZeroDuration()));
  EXPECT_NE(Ask(*lease, "SELECT pg_backend_pid()"), first);
}

TEST(ConnectionPoolTest, AFailureToConnectGivesThePlaceBack) {
  ConnectionPool pool(OptionsFor("host=/nonexistent dbname=x"), 1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(pool.Acquire(absl::ZeroDuration()), StatusIs(absl::StatusCode::kUnavailable));
  }
}

// pqxx connects again by itself when it begins on a dead connection; the login role may be the owner.
TEST(ConnectionPoolTest, RoleAndLimitsSurviveABackendThatWasKilledWhileIdle) {
  TestDatabase database;
  ConnectionOptions options = OptionsFor(database.owner_url());
  options.role = "donut_query";
  ConnectionPool pool(options, 1);
  {
    ASSERT_OK_AND_ASSIGN(const auto lease, pool.Acquire(absl::ZeroDuration()));
    ASSERT_EQ(Ask(*lease, "SELECT current_user"), "donut_query");
  }
  ASSERT_EQ(database.Query("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                           "WHERE application_name = 'pool_test' AND datname = current_database()"),
            "t");
  // The first may fail, the one after it must not; neither may run as the owner.
  bool worked = false;
  for (int attempt = 0; attempt < 2; ++attempt) {
    ASSERT_OK_AND_ASSIGN(auto lease, pool.Acquire(absl::ZeroDuration()));
    std::string user;
    std::string timeout;
    bool broken = false;
    const TransactionResult result = RunTransaction(
        *lease, TransactionKind::kReadWrite,
        [&](pqxx::transaction_base& transaction) {
          user = transaction.exec("SELECT current_user")[0][0].as<std::string>();
          timeout = transaction.exec("SHOW statement_timeout")[0][0].as<std::string>();
          return absl::OkStatus();
        },
        broken);
    if (broken) lease.Discard();
    worked = result.status.ok();
    if (!worked) continue;
    EXPECT_EQ(user, "donut_query");
    EXPECT_EQ(timeout, "30s");
  }
  EXPECT_TRUE(worked);
}

}  // namespace
}  // namespace donut::postgres
