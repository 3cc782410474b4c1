// What each role may do, asked from PostgreSQL's catalogue for everything that
// there is: a grant too many fails as one too few does.
#include <map>
#include <pqxx/pqxx>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/postgres/transaction.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_database.h"

namespace donut::postgres {
namespace {

using ::donut::testing::StatusIs;
using ::donut::testing::TestDatabase;
using ::testing::HasSubstr;

using Grants = std::map<std::string, std::string>;

// Per table (partitions aside) the privileges, in alphabetical order; those without are left out.
Grants TableGrants(pqxx::connection& owner, const std::string& role) {
  const std::string sql = absl::StrCat(R"(
      SELECT c.relname, string_agg(p, ' ' ORDER BY p)
      FROM pg_class c
      CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS p
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
        AND NOT c.relispartition AND has_table_privilege(')",
                                       role, R"(', c.oid, p)
      GROUP BY c.relname)");
  Grants grants;
  for (const pqxx::row& row : pqxx::nontransaction(owner).exec(sql)) {
    grants[row[0].as<std::string>()] = row[1].as<std::string>();
  }
  return grants;
}

TEST(RolesTest, TheCollectorMayDoThisAndNothingElse) {
  TestDatabase database;
  EXPECT_EQ(TableGrants(database.owner(), "donut_collector"),
            (Grants{{"schema_migrations", "SELECT"},
                    {"projects", "SELECT"},
                    {"api_keys", "SELECT"},
                    {"installation", "SELECT"},
                    {"event_names", "INSERT SELECT"},
                    {"users", "INSERT SELECT"},
                    {"sessions", "INSERT SELECT"},
                    {"analytics_events", "INSERT"},
                    {"history_fresh", "INSERT"},
                    {"history_user_changes", "INSERT"},
                    {"skipped_ranges", "INSERT"},
                    {"rejected_events", "INSERT"},
                    {"insert_ids", "INSERT SELECT"},
                    {"producers", "INSERT SELECT UPDATE"},
                    {"analytics_sessions", "INSERT SELECT UPDATE"},
                    {"analytics_session_phases", "INSERT SELECT UPDATE"}}));
}

TEST(RolesTest, TheQueryServiceMayReadThisAndNothingElse) {
  TestDatabase database;
  EXPECT_EQ(TableGrants(database.owner(), "donut_query"), (Grants{{"schema_migrations", "SELECT"},
                                                                  {"projects", "SELECT"},
                                                                  {"api_keys", "SELECT"},
                                                                  {"event_names", "SELECT"},
                                                                  {"users", "SELECT"},
                                                                  {"sessions", "SELECT"},
                                                                  {"analytics_events", "SELECT"},
                                                                  {"event_partitions", "SELECT"},
                                                                  {"history_partitions", "SELECT"},
                                                                  {"history_fresh", "SELECT"},
                                                                  {"history_blocks", "SELECT"},
                                                                  {"history_columns", "SELECT"},
                                                                  {"history_user_changes", "SELECT"},
                                                                  {"history_user_states", "SELECT"},
                                                                  {"analytics_sessions", "SELECT"},
                                                                  {"analytics_session_phases", "SELECT"},
                                                                  {"skipped_ranges", "SELECT"},
                                                                  {"rejected_events", "SELECT"}}));
}

TEST(RolesTest, TheCompactorMayDoThisAndNothingElse) {
  TestDatabase database;
  EXPECT_EQ(TableGrants(database.owner(), "donut_compactor"),
            (Grants{{"schema_migrations", "SELECT"},
                    {"projects", "SELECT"},
                    {"api_keys", "SELECT"},
                    {"event_names", "SELECT"},
                    {"users", "SELECT"},
                    {"sessions", "SELECT"},
                    {"analytics_events", "SELECT"},
                    {"event_partitions", "SELECT"},
                    {"history_work", "SELECT UPDATE"},
                    {"history_partitions", "DELETE INSERT SELECT UPDATE"},
                    {"history_fresh", "DELETE INSERT SELECT UPDATE"},
                    {"history_blocks", "DELETE INSERT SELECT UPDATE"},
                    {"history_columns", "DELETE INSERT SELECT UPDATE"},
                    {"history_user_changes", "DELETE INSERT SELECT UPDATE"},
                    {"history_user_states", "DELETE INSERT SELECT UPDATE"}}));
}

TEST(RolesTest, NobodyHasRightsOnPartitionsOrSequencesOfTheirOwnAndOnTwoColumnsOnly) {
  TestDatabase database;
  const std::string grant = absl::StrCat("{donut_collector=w/", database.Query("SELECT current_user"), "}");
  for (const std::string role : {"donut_collector", "donut_query", "donut_compactor"}) {
    EXPECT_EQ(database.Query(absl::StrCat(
                  "SELECT count(*) FROM pg_class WHERE relispartition AND relkind IN ('r', 'p') AND "
                  "has_table_privilege('",
                  role, "', oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')")),
              "0");
    // CASE, because the planner may ask for the right before it asks for the kind.
    EXPECT_EQ(database.Query(absl::StrCat(
                  "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND "
                  "CASE WHEN relkind = 'S' THEN has_sequence_privilege('",
                  role, "', oid, 'USAGE, SELECT, UPDATE') END")),
              "0");
  }
  EXPECT_EQ(
      database.Query("SELECT string_agg(concat_ws(' ', relname, attname, attacl), E'\n' ORDER BY attname) "
                     "FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid "
                     "WHERE relnamespace = 'public'::regnamespace AND attacl IS NOT NULL"),
      absl::StrCat("users properties ", grant, "\nusers property_versions ", grant))
      << "what events say about a user, and not who it is";
}

TEST(RolesTest, OnlyTheCollectorCallsTheFunctionsThatWorkAsOwner) {
  TestDatabase database;
  const auto functions = [&database](const std::string& role) {
    return database.Query(
        absl::StrCat("SELECT string_agg(proname, ' ' ORDER BY proname) FROM pg_proc "
                     "WHERE pronamespace = 'public'::regnamespace AND prosecdef AND has_function_privilege('",
                     role, "', oid, 'EXECUTE')"));
  };
  EXPECT_EQ(functions("donut_collector"), "analyze_events expire_ledger extend_event_partitions");
  EXPECT_EQ(functions("donut_query"), "");
  EXPECT_EQ(functions("donut_compactor"), "");
  EXPECT_EQ(database.Query("SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
                           "AND prosecdef AND NOT coalesce(proconfig::text LIKE '%search_path=%', false)"),
            "0")
      << "a SECURITY DEFINER function without a fixed search_path runs whatever its caller puts in the way";
}

TEST(RolesTest, AreNotMoreThanLogins) {
  TestDatabase database;
  EXPECT_EQ(
      database.Query("SELECT count(*) FROM pg_roles WHERE rolname IN ('donut_collector', 'donut_query', "
                     "'donut_compactor') AND rolcanlogin AND NOT (rolsuper OR rolcreaterole OR rolcreatedb "
                     "OR rolreplication "
                     "OR rolbypassrls)"),
      "3");
  EXPECT_EQ(
      database.Query("SELECT count(*) FROM pg_auth_members WHERE member IN "
                     "('donut_collector'::regrole, 'donut_query'::regrole, 'donut_compactor'::regrole)"),
      "0");
  for (const std::string role : {"donut_collector", "donut_query", "donut_compactor"}) {
    EXPECT_EQ(database.Query(absl::StrCat("SELECT has_schema_privilege('", role, "', 'public', 'CREATE')")),
              "f");
    EXPECT_EQ(database.Query(
                  absl::StrCat("SELECT has_database_privilege('", role, "', current_database(), 'CREATE')")),
              "f");
  }
}

absl::Status Try(const std::string& url, const std::string& sql) {
  pqxx::connection connection(url);
  bool broken = false;
  return RunTransaction(
             connection, TransactionKind::kReadWrite,
             [&sql](pqxx::transaction_base& transaction) {
               transaction.exec(sql);
               return absl::OkStatus();
             },
             broken)
      .status;
}

TEST(RolesTest, TheQueryServiceReadsAndCannotWrite) {
  TestDatabase database;
  EXPECT_OK(Try(database.query_url(), "SELECT * FROM analytics_events"));
  EXPECT_THAT(Try(database.query_url(), "INSERT INTO users VALUES (1, 1, 'x')"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("permission denied")));
  EXPECT_THAT(Try(database.query_url(), "SELECT hash_key FROM installation"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("permission denied")));
}

TEST(RolesTest, TheCollectorWritesEventsAndCannotReadThem) {
  TestDatabase database;
  EXPECT_OK(Try(database.collector_url(),
                "INSERT INTO analytics_events VALUES (now(), now(), 1, NULL, 1, 1, 1, 1)"));
  EXPECT_THAT(Try(database.collector_url(), "SELECT * FROM analytics_events"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("permission denied")));
  EXPECT_THAT(Try(database.collector_url(), "DELETE FROM producers"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("permission denied")));
}

}  // namespace
}  // namespace donut::postgres
