#include "query_service/events/decimal.h"

#include "gtest/gtest.h"
#include "tests/query_service/metric_test.h"
#include "tests/support/random_seed.h"

namespace donut::testing {
namespace {

using query::CompareDecimals;
using query::ToDecimal;

int Sign(int number) { return number < 0 ? -1 : number > 0 ? 1 : 0; }

TEST(DecimalTest, ComparesAsNumbersWhateverTheirLength) {
  EXPECT_EQ(CompareDecimals("1", "1.0"), 0);
  EXPECT_EQ(CompareDecimals("-0.0", "0"), 0);
  EXPECT_LT(CompareDecimals("9", "10"), 0);
  EXPECT_GT(CompareDecimals("-9", "-10"), 0);
  EXPECT_LT(CompareDecimals("0.09", "0.1"), 0);
  EXPECT_GT(CompareDecimals("0.11", "0.1"), 0);
  EXPECT_LT(CompareDecimals("-0.1", "0.1"), 0);
  EXPECT_GT(CompareDecimals("123456789012345679", "123456789012345678"), 0);
}

TEST(DecimalTest, WritesDoublesWithoutExponent) {
  EXPECT_EQ(ToDecimal(1), "1");
  EXPECT_EQ(ToDecimal(0.1), "0.1");
  EXPECT_EQ(ToDecimal(1e-7), "0.0000001");
  EXPECT_EQ(ToDecimal(1e21), "1000000000000000000000");
  EXPECT_EQ(ToDecimal(-2.5), "-2.5");
}

class DecimalDatabaseTest : public MetricTest {};

TEST_F(DecimalDatabaseTest, ComparesAsPostgresDoes) {
  std::mt19937_64 random(RandomSeed());
  pqxx::nontransaction transaction(database().owner());
  const auto number = [&] {
    std::string text = random() % 3 == 0 ? "-" : "";
    text += std::to_string(random() % (random() % 2 == 0 ? 20 : 100'000'000'000));
    if (random() % 2 == 0) text += "." + std::to_string(random() % 1000) + (random() % 2 == 0 ? "00" : "");
    return text;
  };
  for (int i = 0; i < 500; ++i) {
    const std::string a = number();
    const std::string b = random() % 4 == 0 ? a + (a.find('.') == std::string::npos ? ".0" : "0") : number();
    const int expected =
        transaction.exec_params("SELECT sign($1::numeric - $2::numeric)::int", a, b)[0][0].as<int>();
    EXPECT_EQ(Sign(CompareDecimals(a, b)), expected) << a << " and " << b;
  }
}

}  // namespace
}  // namespace donut::testing
