#include "cli/render/active_users_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "tests/cli/funnel_sample.h"
#include "tests/cli/golden.h"

namespace donut::cli {
namespace {

using ::donut::testing::ExpectGolden;
using ::donut::testing::kNarrow;
using ::donut::testing::kWide;
using ::donut::testing::SampleAnswer;
using ::donut::testing::SampleScope;
using ::donut::testing::WidestLine;
using ::testing::HasSubstr;
using ::testing::Not;

v1::GetActiveUsersResponse WithoutPrevious() {
  v1::GetActiveUsersResponse response = SampleAnswer();
  response.clear_previous();
  return response;
}

TEST(ActiveUsersAnswerTest, LooksAsInTheGoldenFiles) {
  ExpectGolden("active_users.txt", ActiveUsersText(WithoutPrevious(), kNarrow));
  ExpectGolden("active_users_compared.txt", ActiveUsersText(SampleAnswer(), kWide));
}

TEST(ActiveUsersAnswerTest, KeepsEveryWidth) {
  for (const int width : {40, 60, 80, 120}) {
    EXPECT_LE(WidestLine(ActiveUsersText(SampleAnswer(), {.width = width, .colours = true})), width);
  }
}

TEST(ActiveUsersAnswerTest, ABucketThatIsNotOverIsMarkedAndNotCompared) {
  const std::string text = ActiveUsersText(SampleAnswer(), kNarrow);
  EXPECT_THAT(text, ::testing::ContainsRegex("2024-02-10 Sat \\* +80 [^%\n]*64\n"));
  EXPECT_THAT(text, HasSubstr("* not over yet, or cut by the period's edge"));
  EXPECT_THAT(text, ::testing::ContainsRegex("2024-02-09 Fri +60 .* 64 +-6.2%"));
}

TEST(ActiveUsersAnswerTest, HoursAndWeeksHaveNoWindows) {
  v1::GetActiveUsersResponse response = WithoutPrevious();
  response.set_granularity(v1::GRANULARITY_WEEK);
  const std::string text = ActiveUsersText(response, kNarrow);
  EXPECT_THAT(text, HasSubstr("ACTIVE USERS BY WEEK"));
  EXPECT_THAT(text, Not(HasSubstr("DAU/MAU")));
  EXPECT_THAT(text, HasSubstr("⋮ 4 weeks without events"));
}

TEST(ActiveUsersAnswerTest, SaysWhenNobodyWasActive) {
  v1::GetActiveUsersResponse response;
  *response.mutable_scope() = SampleScope();
  response.set_actor(v1::ACTOR_SESSION);
  const std::string text = ActiveUsersText(response, kNarrow);
  EXPECT_THAT(text, HasSubstr("No session was active in this period."));
  EXPECT_THAT(text, Not(HasSubstr("%")));
}

TEST(ActiveUsersCsvTest, HasARowPerBucketOfEachValueAndInterval) {
  const std::vector<std::string> lines = absl::StrSplit(ActiveUsersCsv(SampleAnswer()), "\r\n");
  ASSERT_EQ(lines.size(), 1 + 10 + 2 * 10 + 10 + 1);
  EXPECT_EQ(
      lines[0],
      "interval,row,value,bucket,start_time,end_time,complete,active,new,known,active_7_days,active_30_days,"
      "stickiness,stickiness_low,stickiness_high");
  EXPECT_EQ(lines[1],
            "current,all,,2024-02-01,2024-02-01T00:00:00Z,2024-02-02T00:00:00Z,true,60,15,45,180,400,0.15,,");
  EXPECT_THAT(lines[11], HasSubstr("current,text,mobile,2024-02-01,"));
  EXPECT_THAT(lines[31], HasSubstr("previous,all,,2024-01-22,"));
}

}  // namespace
}  // namespace donut::cli
