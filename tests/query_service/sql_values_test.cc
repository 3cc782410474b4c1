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

TEST_F(SqlValuesTest, DurationsOfWholeMicrosecondsAreWithoutNoise) {
  pqxx::nontransaction transaction(query_connection());
  const pqxx::result rows = transaction.exec(
      "SELECT 3 AS d_count, 2153249999.999999::float8 AS d_mean, 1.5::float8 AS d_median, "
      "2153250000.0000005::float8 AS d_p90, 30000000000.000004::float8 AS d_p99, 1::bigint AS d_min, "
      "31622400000000::bigint AS d_max");
  const auto statistics = query::DurationStatisticsFromRow(rows[0], "d");
  ASSERT_TRUE(statistics.has_value());
  EXPECT_EQ(statistics->mean_seconds(), 2153.25);
  EXPECT_EQ(statistics->median_seconds(), 0.0000015);
  EXPECT_EQ(statistics->p90_seconds(), 2153.25);
  EXPECT_EQ(statistics->p99_seconds(), 30'000.0);
  EXPECT_EQ(statistics->min_seconds(), 0.000001);
  EXPECT_EQ(statistics->max_seconds(), 31'622'400.0);
}

}  // namespace
}  // namespace donut::testing
