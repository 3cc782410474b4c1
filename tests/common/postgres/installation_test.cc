#include "common/postgres/installation.h"

#include "common/postgres/transaction.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_database.h"

namespace donut::postgres {
namespace {

using ::donut::testing::StatusIs;
using ::donut::testing::TestDatabase;
using ::testing::HasSubstr;

absl::Status ReadOn(pqxx::connection& connection) {
  bool broken = false;
  const auto read = [](pqxx::transaction_base& transaction) { return ReadKeyedHash(transaction).status(); };
  return RunTransaction(connection, TransactionKind::kReadOnlySnapshot, read, broken).status;
}

TEST(InstallationTest, TheCollectorReadsTheKeyThatTheMigrationMade) {
  TestDatabase database;
  pqxx::connection collector(database.collector_url());
  EXPECT_OK(ReadOn(collector));
}

TEST(InstallationTest, AKeyThatDoesNotFitItsCanaryIsRefused) {
  TestDatabase database;
  database.Query("UPDATE installation SET hash_key = decode(repeat('ab', 16), 'hex')");
  EXPECT_THAT(ReadOn(database.owner()), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("canary")));
}

TEST(InstallationTest, ADatabaseWithoutAKeyNeedsTheMigration) {
  TestDatabase database;
  database.Query("DELETE FROM installation");
  EXPECT_THAT(ReadOn(database.owner()),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("donut migrate")));
}

TEST(InstallationTest, AKeyThatIsThereIsNeverReplaced) {
  TestDatabase database;
  const std::string before = database.Query("SELECT hash_key FROM installation");
  bool broken = false;
  ASSERT_OK(RunTransaction(database.owner(), TransactionKind::kReadWrite, EnsureInstallation, broken).status);
  EXPECT_EQ(database.Query("SELECT hash_key FROM installation"), before);
}

TEST(InstallationTest, TwoInstallationsHaveDifferentKeys) {
  TestDatabase database;
  const std::string before = database.Query("SELECT hash_key FROM installation");
  database.Query("DELETE FROM installation");
  bool broken = false;
  ASSERT_OK(RunTransaction(database.owner(), TransactionKind::kReadWrite, EnsureInstallation, broken).status);
  EXPECT_NE(database.Query("SELECT hash_key FROM installation"), before);
  EXPECT_OK(ReadOn(database.owner()));
}

}  // namespace
}  // namespace donut::postgres
