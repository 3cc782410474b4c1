#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "cli/render/conversion_rate.h"
#include "tests/cli/funnel_sample.h"
#include "tests/cli/golden.h"

namespace donut::cli {
namespace {

using ::donut::testing::ExpectGolden;
using ::donut::testing::kNarrow;
using ::donut::testing::SampleConversionRate;
using ::testing::HasSubstr;

TEST(ConversionRateTextTest, LooksAsInTheGoldenFile) {
  ExpectGolden("conversion_rate.txt", ConversionRateText(SampleConversionRate(), kNarrow));
}

TEST(ConversionRateTextTest, SaysWhenNobodyEntered) {
  v1::GetConversionRateResponse response;
  response.set_from_label("signup");
  EXPECT_THAT(ConversionRateText(response, kNarrow), HasSubstr("Nobody entered: no user did signup"));
}

TEST(ConversionRateCsvTest, HasARowForAllAndForEachValue) {
  const std::vector<std::string> lines =
      absl::StrSplit(ConversionRateCsv(SampleConversionRate(), FunnelRows::kSteps), "\r\n");
  ASSERT_EQ(lines.size(), 4);
  EXPECT_THAT(lines[1], HasSubstr("all,,signup,purchase,300,60,0.2,"));
  EXPECT_THAT(lines[2], HasSubstr("text,signup,signup,purchase,300,60,0.2,"));
}

TEST(ConversionRateCsvTest, HasARowPerBucket) {
  const std::vector<std::string> lines =
      absl::StrSplit(ConversionRateCsv(SampleConversionRate(), FunnelRows::kSeries), "\r\n");
  ASSERT_EQ(lines.size(), 3);
  EXPECT_THAT(lines[1], HasSubstr("2024-02-01,2024-02-01T00:00:00Z,2024-02-08T00:00:00Z,true,300,60,0.2,"));
}

}  // namespace
}  // namespace donut::cli
