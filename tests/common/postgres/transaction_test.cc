#include "common/postgres/transaction.h"

#include "absl/strings/str_cat.h"
#include "common/postgres/connection_pool.h"
#include "common/postgres/postgres_status.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_database.h"

namespace donut::postgres {
namespace {

using ::donut::testing::StatusIs;
using ::donut::testing::TestDatabase;
using ::testing::HasSubstr;

class TransactionTest : public ::testing::Test {
 protected:
  TransactionTest() : pool_(Options(database_), 1) {
    database_.Query("CREATE TABLE t (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
  }

  static ConnectionOptions Options(TestDatabase& database) {
    ConnectionOptions options;
    options.url = database.owner_url();
    options.statement_timeout = absl::Milliseconds(200);
    return options;
  }

  TransactionResult Run(const std::string& sql, TransactionKind kind = TransactionKind::kReadWrite) {
    return RunBody(kind, [&sql](pqxx::transaction_base& transaction) {
      transaction.exec(sql);
      return absl::OkStatus();
    });
  }

  TransactionResult RunBody(TransactionKind kind,
                            const std::function<absl::Status(pqxx::transaction_base&)>& body) {
    auto lease = pool_.Acquire(absl::Seconds(5));
    if (!lease.ok()) return {lease.status()};
    bool broken = false;
    TransactionResult result = RunTransaction(**lease, kind, body, broken);
    if (broken) lease->Discard();
    return result;
  }

  std::string Rows() { return database_.Query("SELECT count(*) FROM t"); }

  TestDatabase database_;
  ConnectionPool pool_;
};

TEST_F(TransactionTest, CommitsWhenTheBodyIsOk) {
  const TransactionResult result = Run("INSERT INTO t VALUES (1)");
  EXPECT_OK(result.status);
  EXPECT_EQ(result.outcome, Outcome::kCommitted);
  EXPECT_EQ(Rows(), "1");
}

TEST_F(TransactionTest, RollsBackWhenTheBodyIsNotOkAndReturnsItsStatus) {
  const TransactionResult result =
      RunBody(TransactionKind::kReadWrite, [](pqxx::transaction_base& transaction) {
        transaction.exec("INSERT INTO t VALUES (1)");
        return absl::NotFoundError("mine");
      });
  EXPECT_THAT(result.status, StatusIs(absl::StatusCode::kNotFound, "mine"));
  EXPECT_EQ(result.outcome, Outcome::kRolledBack);
  EXPECT_EQ(Rows(), "0");
}

TEST_F(TransactionTest, AnErrorOfTheDatabaseRollsBackAndKeepsTheConnection) {
  std::string pid;
  RunBody(TransactionKind::kReadWrite, [&pid](pqxx::transaction_base& transaction) {
    pid = transaction.exec("SELECT pg_backend_pid()")[0][0].as<std::string>();
    return absl::OkStatus();
  });
  const TransactionResult result = Run("INSERT INTO t VALUES (1); SELECT * FROM missing");
  EXPECT_THAT(result.status, StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("missing")));
  EXPECT_EQ(SqlStateOf(result.status), "42P01");
  EXPECT_EQ(result.outcome, Outcome::kRolledBack);
  EXPECT_EQ(Rows(), "0");
  RunBody(TransactionKind::kReadWrite, [&pid](pqxx::transaction_base& transaction) {
    EXPECT_EQ(transaction.exec("SELECT pg_backend_pid()")[0][0].as<std::string>(), pid);
    return absl::OkStatus();
  });
}

TEST_F(TransactionTest, ARefusalWithinASavepointLeavesTheRest) {
  const TransactionResult result =
      RunBody(TransactionKind::kReadWrite, [](pqxx::transaction_base& transaction) {
        EXPECT_OK(RunSavepoint(transaction, [&] { transaction.exec_params("INSERT INTO t VALUES (1)"); }));
        EXPECT_EQ(SqlStateOf(RunSavepoint(transaction,
                                          [&] {
                                            transaction.exec_params("INSERT INTO t VALUES (2)");
                                            transaction.exec_params("SELECT 1 / 0");
                                          })),
                  "22012");
        transaction.exec_params("INSERT INTO t VALUES (3)");
        return absl::OkStatus();
      });
  EXPECT_OK(result.status);
  EXPECT_EQ(database_.Query("SELECT string_agg(a::text, ',' ORDER BY a) FROM t"), "1,3");
}

TEST_F(TransactionTest, ARefusalAtCommitIsARollback) {
  const TransactionResult result = Run("INSERT INTO t VALUES (1), (1)");
  EXPECT_THAT(result.status, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(SqlStateOf(result.status), "23505");
  EXPECT_EQ(result.outcome, Outcome::kRolledBack);
  EXPECT_EQ(Rows(), "0");
}

TEST_F(TransactionTest, AFullDiskAtCommitIsARollbackAndNoReasonToLeaveTheConnection) {
  database_.Query(
      "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE 'no space left' USING ERRCODE = '53100'; END $$");
  database_.Query(
      "CREATE CONSTRAINT TRIGGER full_disk AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED "
      "FOR EACH ROW EXECUTE FUNCTION full_disk()");
  ASSERT_OK_AND_ASSIGN(auto connection, Connect(Options(database_)));
  bool broken = true;
  const TransactionResult result = RunTransaction(
      *connection, TransactionKind::kReadWrite,
      [](pqxx::transaction_base& transaction) {
        transaction.exec("INSERT INTO t VALUES (1)");
        return absl::OkStatus();
      },
      broken);
  EXPECT_THAT(result.status, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("no space left")));
  EXPECT_EQ(result.outcome, Outcome::kRolledBack);
  EXPECT_FALSE(broken);
}

TEST_F(TransactionTest, AStatementThatTakesTooLongIsStopped) {
  EXPECT_THAT(Run("SELECT pg_sleep(60)").status, StatusIs(absl::StatusCode::kDeadlineExceeded));
}

TEST_F(TransactionTest, ASnapshotSeesTheSameRowsThroughoutAndWritesNothing) {
  const auto body = [this](pqxx::transaction_base& transaction) {
    const auto count = [&transaction] { return transaction.exec("SELECT count(*) FROM t")[0][0].as<int>(); };
    EXPECT_EQ(count(), 0);
    database_.Query("INSERT INTO t VALUES (1)");
    EXPECT_EQ(count(), 0);
    return absl::OkStatus();
  };
  EXPECT_OK(RunBody(TransactionKind::kReadOnlySnapshot, body).status);
  EXPECT_FALSE(Run("INSERT INTO t VALUES (2)", TransactionKind::kReadOnlySnapshot).status.ok());
  EXPECT_EQ(Rows(), "1");
}

TEST_F(TransactionTest, ABackendKilledInTheBodyIsUnavailableAndReplaced) {
  const TransactionResult result =
      Run("INSERT INTO t VALUES (1); SELECT pg_terminate_backend(pg_backend_pid())");
  EXPECT_THAT(result.status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(result.outcome, Outcome::kRolledBack);
  EXPECT_EQ(Rows(), "0");
  EXPECT_OK(Run("INSERT INTO t VALUES (1)").status);
}

TEST_F(TransactionTest, ABackendKilledInACopyIsUnavailableAndReplaced) {
  const TransactionResult result =
      RunBody(TransactionKind::kReadWrite, [this](pqxx::transaction_base& transaction) {
        const std::string pid = transaction.exec("SELECT pg_backend_pid()")[0][0].as<std::string>();
        pqxx::stream_to stream(transaction, "t");
        database_.Query(absl::StrCat("SELECT pg_terminate_backend(", pid, ", 10000)"));
        for (int i = 0; i < 100'000; ++i) stream << std::make_tuple(i);
        stream.complete();
        return absl::OkStatus();
      });
  EXPECT_THAT(result.status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(Rows(), "0");
  EXPECT_OK(Run("INSERT INTO t VALUES (1)").status);
}

TEST_F(TransactionTest, ABackendKilledInsideCommitLeavesTheOutcomeUnknown) {
  // Deferred triggers run inside COMMIT.
  database_.Query(
      "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$");
  database_.Query(
      "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED "
      "FOR EACH ROW EXECUTE FUNCTION die()");
  const TransactionResult result = Run("INSERT INTO t VALUES (1)");
  EXPECT_THAT(result.status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(result.outcome, Outcome::kUnknown);
  database_.Query("DROP TRIGGER die ON t");
  EXPECT_OK(Run("INSERT INTO t VALUES (1)").status);
}

TEST_F(TransactionTest, AnExceptionThatIsNotOfTheDatabaseIsInternal) {
  const TransactionResult result =
      RunBody(TransactionKind::kReadWrite, [](pqxx::transaction_base& transaction) {
        transaction.exec("SELECT 'x'")[0][0].as<int>();
        return absl::OkStatus();
      });
  EXPECT_THAT(result.status, StatusIs(absl::StatusCode::kInternal));
  EXPECT_OK(Run("SELECT 1").status);
}

}  // namespace
}  // namespace donut::postgres
