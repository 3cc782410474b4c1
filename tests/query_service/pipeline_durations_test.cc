#include "query_service/metrics/pipeline_funnel/pipeline_durations.h"

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "query_service/sql_values.h"
#include "tests/query_service/metric_test.h"
#include "tests/support/random_seed.h"

namespace donut::testing {
namespace {

class PipelineDurationsTest : public MetricTest {};

// Of every magnitude and number of digits.
int64_t AnyDuration(std::mt19937_64& random) { return static_cast<int64_t>(random() >> (2 + random() % 61)); }

TEST_F(PipelineDurationsTest, AreTheDatabasesToTheLastBit) {
  const uint64_t seed = RandomSeed();
  SCOPED_TRACE(absl::StrCat("DONUT_RANDOM_SEED=", seed));
  std::mt19937_64 random(seed);
  pqxx::nontransaction transaction(database().owner());
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<int64_t> durations(1 + random() % 50);
    const bool alike = random() % 2 == 0;
    const int64_t base = AnyDuration(random) / 2;
    for (int64_t& duration : durations) {
      duration = alike ? base + static_cast<int64_t>(random() % 3) : AnyDuration(random);
    }
    const pqxx::row wanted = transaction.exec_params1(
        "SELECT avg(d)::float8, percentile_cont(0.5) WITHIN GROUP (ORDER BY d), percentile_cont(0.9) WITHIN "
        "GROUP "
        "(ORDER BY d), percentile_cont(0.99) WITHIN GROUP (ORDER BY d), min(d)::float8, max(d)::float8 "
        "FROM unnest($1::bigint[]) AS d",
        query::ToPostgresArray(durations));
    const std::string shown = query::ToPostgresArray(durations);
    const query::PipelineDurations got = query::StatisticsOf(durations);
    ASSERT_EQ(got.mean, wanted[0].as<double>()) << shown;
    ASSERT_EQ(got.median, wanted[1].as<double>()) << shown;
    ASSERT_EQ(got.p90, wanted[2].as<double>()) << shown;
    ASSERT_EQ(got.p99, wanted[3].as<double>()) << shown;
    ASSERT_EQ(got.min, wanted[4].as<double>()) << shown;
    ASSERT_EQ(got.max, wanted[5].as<double>()) << shown;
  }
}

}  // namespace
}  // namespace donut::testing
