#include "common/postgres/postgres_status.h"

#include <new>
#include <pqxx/pqxx>

#include "tests/support/status_matchers.h"

namespace donut::postgres {
namespace {

using ::donut::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(PostgresStatusTest, MapsSqlStatesToCodes) {
  const std::vector<std::pair<std::string, absl::StatusCode>> expected = {
      {"08006", absl::StatusCode::kUnavailable},
      {"57P01", absl::StatusCode::kUnavailable},
      {"57P03", absl::StatusCode::kUnavailable},
      {"53300", absl::StatusCode::kUnavailable},
      {"53100", absl::StatusCode::kUnavailable},
      {"25P03", absl::StatusCode::kUnavailable},
      {"25006", absl::StatusCode::kUnavailable},
      {"57014", absl::StatusCode::kDeadlineExceeded},
      {"55P03", absl::StatusCode::kAborted},
      {"40001", absl::StatusCode::kAborted},
      {"40P01", absl::StatusCode::kAborted},
      {"22P02", absl::StatusCode::kInvalidArgument},
      {"23505", absl::StatusCode::kInvalidArgument},
      {"42501", absl::StatusCode::kFailedPrecondition},
      {"42P01", absl::StatusCode::kFailedPrecondition},
      {"3D000", absl::StatusCode::kFailedPrecondition},
      {"28P01", absl::StatusCode::kFailedPrecondition},
      {"XX000", absl::StatusCode::kInternal},
      {"P0001", absl::StatusCode::kInternal}};
  for (const auto& [sqlstate, code] : expected) {
    const absl::Status status = StatusFromSqlState(sqlstate, "ERROR:  text\n");
    EXPECT_EQ(status.code(), code) << sqlstate;
    EXPECT_EQ(SqlStateOf(status), sqlstate);
  }
}

TEST(PostgresStatusTest, KeepsThePrimaryMessageAndNothingOfTheRows) {
  const absl::Status status =
      StatusFromSqlState("23505",
                         "ERROR:  duplicate key value violates unique constraint \"users_pkey\"\n"
                         "DETAIL:  Key (distinct_id)=(alice@example.org) already exists.\n"
                         "CONTEXT:  COPY users, line 7\n");
  EXPECT_EQ(status.message(),
            "database: duplicate key value violates unique constraint \"users_pkey\" (SQLSTATE 23505)");
}

TEST(PostgresStatusTest, LeavesOutTheValuesThatAMessageAboutDataQuotes) {
  EXPECT_EQ(
      StatusFromSqlState("22P02", "ERROR:  invalid input syntax for type integer: \"secret\"\n").message(),
      "database: invalid input syntax for type integer: \"...\" (SQLSTATE 22P02)");
  EXPECT_THAT(StatusFromSqlState("22003", "ERROR:  value \"se\"cret\" is out of range\n").message(),
              Not(HasSubstr("se\"")));
}

TEST(PostgresStatusTest, NamesTheLineAtWhichACopyWasRefused) {
  EXPECT_EQ(CopyLineOf(StatusFromSqlState("22P05",
                                          "ERROR:  unsupported Unicode escape sequence\nDETAIL:  x\n"
                                          "CONTEXT:  JSON data, line 1\nCOPY t, line 1\n")),
            std::nullopt);
  EXPECT_EQ(
      CopyLineOf(StatusFromSqlState(
          "23514", "ERROR:  bad\nCONTEXT:  COPY analytics_events, line 4711, column properties: \"x\"\n")),
      4711);
  EXPECT_EQ(CopyLineOf(StatusFromSqlState("23514", "ERROR:  COPY t, line 3\n")), std::nullopt);
  EXPECT_EQ(CopyLineOf(absl::UnavailableError("x")), std::nullopt);
}

TEST(PostgresStatusTest, MapsThePqxxExceptions) {
  EXPECT_THAT(StatusFromException(pqxx::broken_connection("gone")), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(StatusFromException(pqxx::failure("copy ended")), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(StatusFromException(pqxx::in_doubt_error("?")), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(StatusFromException(pqxx::deadlock_detected("d")), StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(StatusFromException(pqxx::serialization_failure("s")), StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(StatusFromException(pqxx::undefined_table("ERROR:  no t", "SELECT", "42P01")),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("no t")));
  EXPECT_THAT(StatusFromException(pqxx::insufficient_privilege("ERROR:  permission denied for table t")),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("42501")));
  EXPECT_THAT(StatusFromException(pqxx::conversion_error("not a number")),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(StatusFromException(std::bad_alloc()), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(SqlStateOf(StatusFromException(pqxx::broken_connection("gone"))), std::nullopt);
}

}  // namespace
}  // namespace donut::postgres
