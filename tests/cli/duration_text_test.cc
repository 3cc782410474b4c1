#include "cli/duration_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace donut::cli {
namespace {

using ::testing::HasSubstr;

TEST(DurationTextTest, ReadsWhatPeopleType) {
  EXPECT_EQ(*ParseDurationText("14d"), absl::Hours(14 * 24));
  EXPECT_EQ(*ParseDurationText("2w"), absl::Hours(14 * 24));
  EXPECT_EQ(*ParseDurationText("36h"), absl::Hours(36));
  EXPECT_EQ(*ParseDurationText("90m"), absl::Minutes(90));
  EXPECT_EQ(*ParseDurationText("45s"), absl::Seconds(45));
  EXPECT_EQ(*ParseDurationText("250ms"), absl::Milliseconds(250));
  EXPECT_EQ(*ParseDurationText("1us"), absl::Microseconds(1));
  EXPECT_EQ(*ParseDurationText("1d12h30m"), absl::Hours(36) + absl::Minutes(30));
}

TEST(DurationTextTest, RefusesWhatCouldBeMeantInTwoWays) {
  for (const char* text :
       {"", "14", "d", "-1d", "1.5h", "30m1h", "1h1h", "14 d", "14D", "99999999999d", "1M"}) {
    EXPECT_THAT(std::string(ParseDurationText(text).status().message()), HasSubstr("is no length of time"))
        << text;
  }
}

}  // namespace
}  // namespace donut::cli
