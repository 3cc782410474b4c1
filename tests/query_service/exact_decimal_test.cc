#include "query_service/events/exact_decimal.h"

#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace donut::testing {
namespace {

using query::ExactDecimal;

std::string SumOfTexts(const std::vector<std::string>& texts) {
  ExactDecimal sum;
  for (const std::string& text : texts) sum.Add(ExactDecimal(text));
  return sum.ToText();
}

TEST(ExactDecimalTest, AddsLikeDecimalsNotLikeDoubles) {
  EXPECT_EQ(SumOfTexts({}), "0");
  EXPECT_EQ(SumOfTexts({"0.1", "0.2"}), "0.3");
  EXPECT_EQ(SumOfTexts({"12.50", "-12.5"}), "0");
  EXPECT_EQ(SumOfTexts({"-0.25", "0.2"}), "-0.05");
  EXPECT_EQ(SumOfTexts({"9999999999.999999999999999999", "0.000000000000000001"}), "10000000000");
  EXPECT_EQ(SumOfTexts({"-0.000000000000000001"}), "-0.000000000000000001");
  EXPECT_EQ(SumOfTexts({"1000000000", "-3"}), "999999997");
}

TEST(ExactDecimalTest, LongNumbersAreExactToo) {
  EXPECT_EQ(SumOfTexts({"12345678901", "-1"}), "12345678900");
  EXPECT_EQ(SumOfTexts({"1" + std::string(40, '0'), "-0.1"}), std::string(40, '9') + ".9");
  EXPECT_EQ(SumOfTexts({"-1" + std::string(40, '0'), "0.1"}), "-" + std::string(40, '9') + ".9");
  EXPECT_EQ(SumOfTexts({"0.0000000000000000000000000001", "0.0000000000000000000000000009"}),
            "0.000000000000000000000000001");
  EXPECT_EQ(SumOfTexts({"0.1234567890123456789012", "1.5"}), "1.6234567890123456789012");
  EXPECT_EQ(SumOfTexts({"99999999999", "-99999999999"}), "0");
}

TEST(ExactDecimalTest, SumsOfSumsAreTheSum) {
  ExactDecimal one("0.7");
  one.Add(ExactDecimal("123456789012345678901234567890.5"));
  ExactDecimal other("-0.2");
  other.Add(ExactDecimal("-123456789012345678901234567890"));
  one.Add(other);
  EXPECT_EQ(one.ToText(), "1");
}

TEST(ExactDecimalTest, GivesTheNearestDoubleAndTheLargestBeyond) {
  EXPECT_EQ(ExactDecimal("0.1").ToDouble(), 0.1);
  EXPECT_EQ(ExactDecimal().ToDouble(), 0);
  EXPECT_EQ(ExactDecimal("9007199254740993").ToDouble(), 9007199254740992.0);
  EXPECT_EQ(ExactDecimal("-1" + std::string(400, '0')).ToDouble(), -std::numeric_limits<double>::max());
}

}  // namespace
}  // namespace donut::testing
