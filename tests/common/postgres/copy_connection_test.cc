#include "common/postgres/copy_connection.h"

#include "common/postgres/connection_pool.h"
#include "common/postgres/postgres_status.h"
#include "common/postgres/transaction.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_database.h"

namespace donut::postgres {
namespace {

using ::donut::testing::StatusIs;
using ::testing::HasSubstr;

constexpr char kCopy[] = "COPY t FROM STDIN (FORMAT binary)";

// A row of one column of text.
std::string TextRow(const std::string& text) {
  std::string row("\0\1\0\0", 4);
  row += static_cast<char>(text.size() >> 8);
  row += static_cast<char>(text.size() & 0xff);
  return row + text;
}

class CopyConnectionTest : public ::testing::Test {
 protected:
  CopyConnectionTest() {
    database_.Query("CREATE TABLE t (word text NOT NULL CHECK (word <> 'bad'))");
    ConnectionOptions options;
    options.url = database_.owner_url();
    options.application_name = "copier";
    auto connection = ConnectForCopy(options);
    EXPECT_OK(connection.status());
    connection_ = *std::move(connection);
  }

  TransactionResult Copy(const std::vector<std::string>& pieces, const char* statement = kCopy) {
    return RunTransaction(
        *connection_, TransactionKind::kReadWrite,
        [&](pqxx::transaction_base& transaction) {
          BinaryCopy copy(*connection_);
          copy.Start(statement);
          for (const std::string& piece : pieces) copy.Write(piece);
          copy.Finish();
          transaction.exec("SELECT 1");
          return absl::OkStatus();
        },
        broken_);
  }
  std::string Words() { return database_.Query("SELECT string_agg(word, ',' ORDER BY word) FROM t"); }

  testing::TestDatabase database_;
  std::unique_ptr<CopyConnection> connection_;
  bool broken_ = false;
};

TEST_F(CopyConnectionTest, BringsRowsInTogetherWithOtherStatements) {
  EXPECT_OK(Copy({TextRow("one"), TextRow("grün, \"\\N\t\n")}).status);
  EXPECT_OK(Copy({TextRow("zwei")}).status);
  EXPECT_EQ(Words(), "grün, \"\\N\t\n,one,zwei");
}

TEST_F(CopyConnectionTest, TakesNoRowsAtAll) {
  EXPECT_OK(Copy({}).status);
  EXPECT_EQ(Words(), "");
}

TEST_F(CopyConnectionTest, TakesRowsInPiecesOfAnySize) {
  std::string rows;
  for (int i = 0; i < 5'000; ++i) rows += TextRow(std::string(40, 'x'));
  EXPECT_OK(Copy({rows.substr(0, 1), rows.substr(1, 70'000), rows.substr(70'001)}).status);
  EXPECT_EQ(database_.Query("SELECT count(*) FROM t WHERE word = repeat('x', 40)"), "5000");
}

TEST_F(CopyConnectionTest, NamesTheRowThatIsRefusedAndStoresNone) {
  std::vector<std::string> pieces;
  for (int i = 0; i < 3'000; ++i) pieces.push_back(TextRow(i == 1'233 ? "bad" : "good"));
  const TransactionResult result = Copy(pieces);
  EXPECT_THAT(result.status, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("SQLSTATE 23514")));
  EXPECT_EQ(CopyLineOf(result.status), 1'234);
  EXPECT_EQ(result.outcome, Outcome::kRolledBack);
  EXPECT_FALSE(broken_);
  EXPECT_OK(Copy({TextRow("after")}).status);
  EXPECT_EQ(Words(), "after");
}

// DETAIL quotes the row that was refused.
TEST_F(CopyConnectionTest, IsNotToldByARowWhichOneIsRefused) {
  database_.Query("ALTER TABLE t ADD CHECK (word NOT LIKE '%COPY%')");
  const TransactionResult result =
      Copy({TextRow("good"), TextRow("good"), TextRow("x\nCONTEXT:  COPY t, line 1"), TextRow("good")});
  EXPECT_THAT(result.status, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("SQLSTATE 23514")));
  EXPECT_EQ(CopyLineOf(result.status), 3);
}

TEST_F(CopyConnectionTest, NamesTheRowThroughAFunctionOfTheTable) {
  database_.Query(
      "CREATE FUNCTION no_bad() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN IF NEW.word = 'odd' THEN RAISE E'%\nCONTEXT:  COPY t, line 1', NEW.word "
      "USING ERRCODE = '23514'; END IF; RETURN NEW; END $$");
  database_.Query("CREATE TRIGGER no_bad BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION no_bad()");
  const TransactionResult result = Copy({TextRow("good"), TextRow("odd")});
  EXPECT_THAT(result.status, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("SQLSTATE 23514")));
  EXPECT_EQ(CopyLineOf(result.status), 2);
}

TEST_F(CopyConnectionTest, RefusesTextThatIsNotUtf8) {
  const TransactionResult result = Copy({TextRow("good"), TextRow("\xFF")});
  EXPECT_THAT(result.status, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("SQLSTATE 22021")));
  EXPECT_EQ(CopyLineOf(result.status), 2);
}

TEST_F(CopyConnectionTest, SaysWhatIsWrongWithTheStatement) {
  EXPECT_THAT(Copy({TextRow("x")}, "COPY nothing FROM STDIN (FORMAT binary)").status,
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("SQLSTATE 42P01")));
  EXPECT_FALSE(Copy({TextRow("x")}, "SELECT 1").status.ok());
  EXPECT_FALSE(Copy({TextRow("x")}, "COPY t TO STDOUT").status.ok());
}

TEST_F(CopyConnectionTest, ABackendThatDiesInTheMiddleBreaksTheConnectionAndStoresNothing) {
  std::string rows;
  for (int i = 0; i < 10'000; ++i) rows += TextRow("word");
  const TransactionResult result = RunTransaction(
      *connection_, TransactionKind::kReadWrite,
      [&](pqxx::transaction_base&) {
        BinaryCopy copy(*connection_);
        copy.Start(kCopy);
        copy.Write(rows);
        database_.Query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'copier'");
        for (int i = 0; i < 100; ++i) copy.Write(rows);
        copy.Finish();
        return absl::OkStatus();
      },
      broken_);
  EXPECT_THAT(result.status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(result.outcome, Outcome::kRolledBack);
  EXPECT_TRUE(broken_);
  EXPECT_EQ(Words(), "");
}

}  // namespace
}  // namespace donut::postgres
