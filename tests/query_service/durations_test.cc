// Means and percentiles against PostgreSQL's own, to the last bit.

#include "query_service/events/durations.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "query_service/sql_values.h"
#include "tests/query_service/metric_test.h"
#include "tests/reference/random_history.h"
#include "tests/support/random_seed.h"

namespace donut::testing {
namespace {

std::string Text(__int128 number) {
  if (number < 0) return "-" + Text(-number);
  if (number < 10) return absl::StrCat(static_cast<int>(number));
  return absl::StrCat(Text(number / 10), static_cast<int>(number % 10));
}

// Of any length, those of few digits as often as those of many.
int64_t AnyLength(Dice& dice, int most_digits) {
  int64_t most = 1;
  for (int64_t digits = dice.Between(1, most_digits); digits > 0; --digits) most *= 10;
  return dice.Between(0, most);
}

class DurationsTest : public MetricTest {};

TEST_F(DurationsTest, MeansAreThoseOfNumeric) {
  Dice dice(RandomSeed());
  std::vector<__int128> sums = {0, 1, 9999, 10'000, -1, -5, 19'999, 3};
  std::vector<int64_t> counts = {7, 10'000, 10'000, 9999, 2, 3, 20'000, 1};
  for (int i = 0; i < 5'000; ++i) {
    __int128 sum = AnyLength(dice, 18);
    if (dice.OneIn(3)) sum *= AnyLength(dice, 9);
    sums.push_back(dice.OneIn(5) ? -sum : sum);
    counts.push_back(AnyLength(dice, 12) + 1);
  }
  std::vector<std::string> texts;
  for (const __int128 sum : sums) texts.push_back(Text(sum));
  pqxx::work transaction(database().owner());
  const pqxx::result rows = transaction.exec_params(
      "SELECT (sum::numeric / count::numeric)::float8 FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY "
      "AS t(sum, count, place) ORDER BY place",
      query::ToPostgresArray(texts), query::ToPostgresArray(counts));
  ASSERT_EQ(rows.size(), sums.size());
  for (size_t i = 0; i < sums.size(); ++i) {
    EXPECT_EQ(query::NumericMean(sums[i], counts[i]),
              rows[static_cast<pqxx::result::size_type>(i)][0].as<double>())
        << texts[i] << " / " << counts[i];
  }
}

TEST_F(DurationsTest, StatisticsAreThoseOfTheStatements) {
  Dice dice(RandomSeed());
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<int64_t> micros(
        static_cast<size_t>(dice.OneIn(4) ? dice.Between(1'990, 9'000) : dice.Between(1, 40)));
    const int64_t few = dice.OneIn(3) ? dice.Between(1, 5) : 0;
    for (int64_t& one : micros) one = few > 0 ? dice.Between(-few, few) : AnyLength(dice, 13);
    pqxx::work transaction(database().owner());
    const pqxx::row row = transaction.exec_params1(
        "SELECT count(*) AS t_count, avg(v) AS t_mean, percentile_cont(0.5) WITHIN GROUP (ORDER BY v) AS "
        "t_median, percentile_cont(0.9) WITHIN GROUP (ORDER BY v) AS t_p90, percentile_cont(0.99) WITHIN "
        "GROUP (ORDER BY v) AS t_p99, min(v) AS t_min, max(v) AS t_max, percentile_cont(0.25) WITHIN GROUP "
        "(ORDER BY v) AS q1, percentile_cont(0.75) WITHIN GROUP (ORDER BY v) AS q3 "
        "FROM unnest($1::bigint[]) AS t(v)",
        query::ToPostgresArray(micros));
    EXPECT_EQ(query::PercentilesCont({0.25, 0.75}, micros),
              (std::vector<double>{row["q1"].as<double>(), row["q3"].as<double>()}));
    EXPECT_EQ(query::DurationStatisticsOf(micros)->SerializeAsString(),
              query::DurationStatisticsFromRow(row, "t")->SerializeAsString())
        << absl::StrJoin(micros, " ").substr(0, 1'000);
  }
}

TEST_F(DurationsTest, NothingHasNoStatistics) {
  std::vector<int64_t> none;
  EXPECT_FALSE(query::DurationStatisticsOf(none).has_value());
}

}  // namespace
}  // namespace donut::testing
