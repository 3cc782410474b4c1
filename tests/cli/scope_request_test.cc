#include "cli/scope_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace donut::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const absl::Time kScopeNow = absl::FromCivil(absl::CivilHour(2024, 3, 10, 12), absl::UTCTimeZone());

std::string ScopeRefusal(const ScopeArguments& arguments) {
  return std::string(ToScope(arguments, kScopeNow).status().message());
}

TEST(ScopeRequestTest, AsksForTheDefaultsWhereNothingIsSaid) {
  EXPECT_EQ(ToScope({}, kScopeNow)->DebugString(), v1::Scope().DebugString());
}

TEST(ScopeRequestTest, SendsTheDayAfterTheLastDayMeant) {
  const auto scope =
      ToScope({.start = "2024-02-01", .end = "2024-02-29", .time_zone = "Europe/Berlin"}, kScopeNow);
  ASSERT_TRUE(scope.ok());
  EXPECT_EQ(scope->interval().start_date(), "2024-02-01");
  EXPECT_EQ(scope->interval().end_date(), "2024-03-01");
  EXPECT_EQ(scope->time_zone(), "Europe/Berlin");
}

TEST(ScopeRequestTest, MayBeLongerThanTheView) {
  EXPECT_EQ(ScopeRefusal({.start = "2000-01-01", .end = "2024-02-29"}), "");
}

TEST(ScopeRequestTest, ReadsWhatElseIsShared) {
  const auto scope = ToScope({.as_of = "2024-01-31T06:00:00+01:00",
                              .week_start = "sunday",
                              .preset = "posthog",
                              .engine = "history"},
                             kScopeNow);
  ASSERT_TRUE(scope.ok());
  EXPECT_EQ(scope->as_of_time().seconds(), 1706677200);
  EXPECT_EQ(scope->week_start(), v1::WEEK_START_SUNDAY);
  EXPECT_EQ(scope->preset(), v1::PRESET_POSTHOG);
  EXPECT_EQ(scope->engine(), v1::ENGINE_HISTORY);
}

TEST(ScopeRequestTest, EveryFilterMustPass) {
  const auto one = ToScope({.where = {"plan = pro"}}, kScopeNow);
  EXPECT_EQ(one->filter().condition().equals().string_value(), "pro");
  const auto all = ToScope({.where = {"plan = pro", "a = 1 or b = 2"},
                            .filter = R"({"condition": {"eventProperty": "c", "exists": true}})"},
                           kScopeNow);
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->filter().all_of_size(), 3);
  EXPECT_EQ(all->filter().all_of(1).any_of_size(), 2);
  EXPECT_EQ(all->filter().all_of(2).condition().event_property(), "c");
}

TEST(ScopeRequestTest, NamesTheOptionThatIsWrong) {
  EXPECT_THAT(ScopeRefusal({.start = "yesterday"}), StartsWith("--start: yesterday is not a date"));
  EXPECT_THAT(ScopeRefusal({.start = "2024-02-02", .end = "2024-02-01"}), StartsWith("--end: "));
  EXPECT_THAT(ScopeRefusal({.start = "2024-03-12"}), HasSubstr("lies after today"));
  EXPECT_THAT(ScopeRefusal({.as_of = "2024-01-31"}),
              AllOf(StartsWith("--as-of: "), HasSubstr("2024-01-31T05:00:00Z")));
  EXPECT_THAT(ScopeRefusal({.week_start = "friday"}), StartsWith("--week-start: friday is not known"));
  EXPECT_THAT(ScopeRefusal({.engine = "fast"}),
              StartsWith("--engine: fast is not known: one of auto, sql, history"));
  EXPECT_THAT(ScopeRefusal({.preset = "heap"}), StartsWith("--preset: heap is not known: one of mixpanel"));
  EXPECT_EQ(
      ScopeRefusal({.where = {"a = 1", "price >"}}),
      "--where: column 8: expected a value such as 10, true, pro or \"some text\", not the end, in: price >");
  EXPECT_THAT(ScopeRefusal({.filter = "{"}), StartsWith("--filter: is not a Filter as JSON"));
  EXPECT_THAT(ScopeRefusal({.filter = R"({"colour": 1})"}), StartsWith("--filter: "));
}

TEST(ScopeRequestTest, ADeepJsonFilterIsRefusedNotRecursedInto) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += R"({"not":)";
  EXPECT_THAT(ScopeRefusal({.filter = deep}), StartsWith("--filter: "));
}

TEST(ScopeRequestTest, TurnsTheServicesFieldsIntoOptions) {
  EXPECT_EQ(InOptionNames("scope.time_zone: must be a name"), "--time-zone: must be a name");
  EXPECT_EQ(InOptionNames("scope.interval.start_date: no such day"), "--start: no such day");
  EXPECT_EQ(InOptionNames("scope.interval: must have at most 500"),
            "--start and --end: must have at most 500");
  EXPECT_EQ(InOptionNames("retention.scope.as_of_time: lies before scope.interval"),
            "--as-of: lies before --start and --end");
  EXPECT_EQ(InOptionNames("window: must be at most 366 days"), "--window: must be at most 366 days");
  EXPECT_EQ(InOptionNames("funnel.steps[1].filter.condition.regex: does not compile"),
            "STEP[1].filter.condition.regex: does not compile");
  EXPECT_EQ(InOptionNames("breakdown.limit: must be from 1 to 100"),
            "--breakdown-limit: must be from 1 to 100");
  EXPECT_EQ(InOptionNames("series.from_step: must be below to_step"),
            "--series-steps.from_step: must be below to_step");
}

TEST(ScopeRequestTest, LeavesAloneWhatOnlyLooksLikeAField) {
  EXPECT_EQ(InOptionNames("order matters"), "order matters");
  EXPECT_EQ(InOptionNames("ordering: x"), "ordering: x");
  EXPECT_EQ(InOptionNames("window: is shorter than the order of steps"),
            "--window: is shorter than the order of steps");
}

}  // namespace
}  // namespace donut::cli
