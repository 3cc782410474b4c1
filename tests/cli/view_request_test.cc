#include "cli/view_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace donut::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kViewNow = absl::FromCivil(absl::CivilHour(2024, 3, 10, 12), absl::UTCTimeZone());

std::string ViewRefusal(const ViewDates& dates) {
  return std::string(ToSummaryRequest(dates, kViewNow).status().message());
}

TEST(ViewRequestTest, AsksForTheDefaultsWithoutDates) {
  const auto request = ToSummaryRequest({}, kViewNow);
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->scope().interval().start_case(), v1::Interval::START_NOT_SET);
  EXPECT_EQ(request->scope().interval().end_case(), v1::Interval::END_NOT_SET);
}

TEST(ViewRequestTest, SendsTheDayAfterTheLastDayMeant) {
  const auto request =
      ToSummaryRequest({.start = "2024-02-01", .end = "2024-02-29", .time_zone = "Europe/Berlin"}, kViewNow);
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->scope().interval().start_date(), "2024-02-01");
  EXPECT_EQ(request->scope().interval().end_date(), "2024-03-01");
  EXPECT_EQ(request->scope().time_zone(), "Europe/Berlin");
}

TEST(ViewRequestTest, AnEndAloneMeansThirtyDays) {
  const auto request = ToSummaryRequest({.end = "2024-01-30"}, kViewNow);
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->scope().interval().start_date(), "2024-01-01");
  EXPECT_EQ(request->scope().interval().end_date(), "2024-01-31");
}

TEST(ViewRequestTest, OneDayIsAPeriod) {
  const auto request = ToSummaryRequest({.start = "2024-01-30", .end = "2024-01-30"}, kViewNow);
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->scope().interval().end_date(), "2024-01-31");
}

TEST(ViewRequestTest, NamesTheOptionThatIsWrong) {
  EXPECT_THAT(ViewRefusal({.start = "2024-02-30"}), HasSubstr("--start"));
  EXPECT_THAT(ViewRefusal({.start = "yesterday"}), HasSubstr("--start"));
  EXPECT_THAT(ViewRefusal({.start = "2024-2-1"}), HasSubstr("--start"));
  EXPECT_THAT(ViewRefusal({.start = "2024-02-02", .end = "2024-02-01"}), HasSubstr("--end"));
}

TEST(ViewRequestTest, KeepsToTheYearsThatTheServiceKnows) {
  EXPECT_EQ(ViewRefusal({.end = "9999-12-31"}), "--end: 9999-12-31 lies outside the years 1971 to 2200");
  EXPECT_THAT(ViewRefusal({.start = "1970-12-31"}), HasSubstr("--start"));
  EXPECT_EQ(ViewRefusal({.start = "2200-12-31", .end = "2200-12-31"}), "");
}

TEST(ViewRequestTest, ShowsAtMost500Days) {
  EXPECT_EQ(ViewRefusal({.start = "2022-01-01", .end = "2023-05-15"}), "");
  EXPECT_THAT(ViewRefusal({.start = "2022-01-01", .end = "2023-05-16"}),
              AllOf(HasSubstr("at most 500 days"), HasSubstr("--start 2022-01-02 --end 2023-05-16")));
  EXPECT_THAT(ViewRefusal({.start = "2000-01-01"}), HasSubstr("at most 500 days"));
  EXPECT_THAT(ViewRefusal({.start = "2000-01-01"}), Not(HasSubstr("--end")));
  EXPECT_EQ(ViewRefusal({.start = "2023-01-01"}), "");
}

TEST(ViewRequestTest, AStartAfterTodayNeedsAnEnd) {
  EXPECT_THAT(ViewRefusal({.start = "2024-03-12"}), HasSubstr("lies after today"));
  EXPECT_EQ(ViewRefusal({.start = "2024-03-11"}), "");  // today already in the far east
  EXPECT_EQ(ViewRefusal({.start = "2024-03-12", .end = "2024-03-12"}), "");
}

}  // namespace
}  // namespace donut::cli
