#include "common/postgres/silence_limit.h"

#include <csignal>

#include "common/postgres/transaction.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_database.h"

namespace donut::postgres {
namespace {

using ::donut::testing::TestCluster;
using ::donut::testing::TestDatabase;

absl::Status Ask(pqxx::connection& connection) {
  bool broken = false;
  return RunTransaction(
             connection, TransactionKind::kReadWrite,
             [](pqxx::transaction_base& transaction) {
               transaction.exec("SELECT 1");
               return absl::OkStatus();
             },
             broken)
      .status;
}

TEST(SilenceLimitTest, ACallThatIsAnsweredInTimeNoticesNothing) {
  TestDatabase database;
  {
    const SilenceLimit limit(database.owner(), absl::Minutes(1));
    EXPECT_OK(Ask(database.owner()));
  }
  EXPECT_OK(Ask(database.owner()));
}

TEST(SilenceLimitTest, ACallThatIsNotAnsweredFailsAsIfTheServerHadGone) {
  TestDatabase database;
  pqxx::connection connection(database.owner_url());
  const int backend = connection.backendpid();
  TestCluster::Shared().Signal(backend, SIGSTOP);
  {
    const SilenceLimit limit(connection, absl::Milliseconds(100));
    pqxx::nontransaction transaction(connection);
    EXPECT_THROW(transaction.exec("SELECT 1"), pqxx::broken_connection);
  }
  TestCluster::Shared().Signal(backend, SIGCONT);
}

}  // namespace
}  // namespace donut::postgres
