#include "cli/view_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace donut::cli {
namespace {

using ::testing::HasSubstr;

TEST(ViewRequestTest, AsksForTheDefaultsWithoutDates) {
  const auto request = ToSummaryRequest({});
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->scope().interval().start_case(), v1::Interval::START_NOT_SET);
  EXPECT_EQ(request->scope().interval().end_case(), v1::Interval::END_NOT_SET);
}

TEST(ViewRequestTest, SendsTheDayAfterTheLastDayMeant) {
  const auto request =
      ToSummaryRequest({.start = "2024-02-01", .end = "2024-02-29", .time_zone = "Europe/Berlin"});
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->scope().interval().start_date(), "2024-02-01");
  EXPECT_EQ(request->scope().interval().end_date(), "2024-03-01");
  EXPECT_EQ(request->scope().time_zone(), "Europe/Berlin");
}

TEST(ViewRequestTest, AnEndAloneMeansThirtyDays) {
  const auto request = ToSummaryRequest({.end = "2024-01-30"});
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->scope().interval().start_date(), "2024-01-01");
  EXPECT_EQ(request->scope().interval().end_date(), "2024-01-31");
}

TEST(ViewRequestTest, OneDayIsAPeriod) {
  const auto request = ToSummaryRequest({.start = "2024-01-30", .end = "2024-01-30"});
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->scope().interval().end_date(), "2024-01-31");
}

TEST(ViewRequestTest, NamesTheOptionThatIsWrong) {
  EXPECT_THAT(ToSummaryRequest({.start = "2024-02-30"}).status().message(), HasSubstr("--start"));
  EXPECT_THAT(ToSummaryRequest({.start = "yesterday"}).status().message(), HasSubstr("--start"));
  EXPECT_THAT(ToSummaryRequest({.start = "2024-2-1"}).status().message(), HasSubstr("--start"));
  EXPECT_THAT(ToSummaryRequest({.start = "2024-02-02", .end = "2024-02-01"}).status().message(),
              HasSubstr("--end"));
}

}  // namespace
}  // namespace donut::cli
