#include "query_service/sql_values.h"

#include <string>
#include <vector>

#include "tests/query_service/metric_test.h"

namespace donut::testing {
namespace {

class SqlValuesTest : public MetricTest {};

TEST_F(SqlValuesTest, TextsArriveInTheDatabaseAsTheyWere) {
  const std::vector<std::string> texts = {"",   "NULL", "null", "a,b", "{}", "\"",
                                          "\\", "\\\"", " a ",  "'",   "\n", "ä☕"};
  pqxx::nontransaction transaction(query_connection());
  const pqxx::result rows =
      transaction.exec_params("SELECT t FROM unnest($1::text[]) WITH ORDINALITY AS a (t, n) ORDER BY n",
                              query::ToPostgresArray(texts));
  ASSERT_EQ(rows.size(), texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_FALSE(rows[i][0].is_null()) << texts[i];
    EXPECT_EQ(rows[i][0].as<std::string>(), texts[i]);
  }
}

TEST_F(SqlValuesTest, TimesGoThereAndBackToTheMicrosecond) {
  const std::vector<absl::Time> times = {At("1971-01-01 00:00:00"), At("2024-02-29 23:59:59.999999"),
                                         At("2200-12-31 12:00:00.000001")};
  pqxx::nontransaction transaction(query_connection());
  const pqxx::result rows = transaction.exec_params(
      "SELECT (extract(epoch FROM t) * 1000000)::bigint FROM unnest($1::timestamptz[]) WITH ORDINALITY AS a "
      "(t, n) "
      "ORDER BY n",
      query::ToPostgresArray(times));
  ASSERT_EQ(rows.size(), times.size());
  for (size_t i = 0; i < times.size(); ++i) EXPECT_EQ(query::TimeFromMicros(rows[i][0]), times[i]);
}

TEST_F(SqlValuesTest, EmptyArraysAreArrays) {
  EXPECT_EQ(query::ToPostgresArray(std::vector<std::string>()), "{}");
  EXPECT_EQ(query::ToPostgresArray(std::vector<int64_t>()), "{}");
  EXPECT_EQ(query::ToPostgresArray(std::vector<int64_t>{1, -2}), "{1,-2}");
  EXPECT_EQ(query::NamesOrNull({}), std::nullopt);
}

}  // namespace
}  // namespace donut::testing
