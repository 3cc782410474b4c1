#include "query_service/preset.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace donut::query {
namespace {

using ::donut::testing::StatusIs;
using ::testing::HasSubstr;

constexpr absl::Duration kDay = absl::Hours(24);

TEST(PresetTest, OursAreWhatTheProtosSay) {
  const PresetDefaults& ours = DefaultsOf(v1::PRESET_UNSPECIFIED);
  EXPECT_EQ(ours.week_start, v1::WEEK_START_MONDAY);
  EXPECT_EQ(ours.funnel_window, 14 * kDay);
  EXPECT_EQ(ours.funnel_range, v1::FUNNEL_RANGE_ENTRY);
  EXPECT_EQ(ours.funnel_ties, v1::FUNNEL_TIES_BY_STEP);
  EXPECT_EQ(ours.funnel_attribution, v1::FUNNEL_ATTRIBUTION_ENTRY);
  EXPECT_EQ(ours.retention_kind, v1::RETENTION_KIND_FIRST_TIME);
  EXPECT_EQ(ours.retention_mode, v1::RETENTION_MODE_ON);
  EXPECT_EQ(ours.retention_alignment, v1::RETENTION_ALIGNMENT_CALENDAR);
}

TEST(PresetTest, MixpanelHasSevenDaysAndCountsReturnsOnOrAfterFromEachUsersFirstEvent) {
  const PresetDefaults& mixpanel = DefaultsOf(v1::PRESET_MIXPANEL);
  EXPECT_EQ(mixpanel.week_start, v1::WEEK_START_MONDAY);
  EXPECT_EQ(mixpanel.funnel_window, 7 * kDay);
  EXPECT_EQ(mixpanel.funnel_range, v1::FUNNEL_RANGE_ENTRY);
  EXPECT_EQ(mixpanel.funnel_ties, v1::FUNNEL_TIES_BY_STEP);
  EXPECT_EQ(mixpanel.funnel_attribution, v1::FUNNEL_ATTRIBUTION_ENTRY);
  EXPECT_EQ(mixpanel.retention_kind, v1::RETENTION_KIND_FIRST_TIME);
  EXPECT_EQ(mixpanel.retention_mode, v1::RETENTION_MODE_ON_OR_AFTER);
  EXPECT_EQ(mixpanel.retention_alignment, v1::RETENTION_ALIGNMENT_ROLLING);
}

TEST(PresetTest, AmplitudeHasOneDayAndCountsReturnsOnOrAfterFromEachUsersFirstEvent) {
  const PresetDefaults& amplitude = DefaultsOf(v1::PRESET_AMPLITUDE);
  EXPECT_EQ(amplitude.week_start, v1::WEEK_START_MONDAY);
  EXPECT_EQ(amplitude.funnel_window, kDay);
  EXPECT_EQ(amplitude.funnel_range, v1::FUNNEL_RANGE_ENTRY);
  EXPECT_EQ(amplitude.funnel_ties, v1::FUNNEL_TIES_BY_STEP);
  EXPECT_EQ(amplitude.funnel_attribution, v1::FUNNEL_ATTRIBUTION_FIRST_TOUCH);
  EXPECT_EQ(amplitude.retention_kind, v1::RETENTION_KIND_FIRST_TIME);
  EXPECT_EQ(amplitude.retention_mode, v1::RETENTION_MODE_ON_OR_AFTER);
  EXPECT_EQ(amplitude.retention_alignment, v1::RETENTION_ALIGNMENT_ROLLING);
}

TEST(PresetTest, PostHogBoundsEveryStepAndStartsWeeksOnSunday) {
  const PresetDefaults& posthog = DefaultsOf(v1::PRESET_POSTHOG);
  EXPECT_EQ(posthog.week_start, v1::WEEK_START_SUNDAY);
  EXPECT_EQ(posthog.funnel_window, 14 * kDay);
  EXPECT_EQ(posthog.funnel_range, v1::FUNNEL_RANGE_ALL_STEPS);
  EXPECT_EQ(posthog.funnel_ties, v1::FUNNEL_TIES_BY_STEP);
  EXPECT_EQ(posthog.funnel_attribution, v1::FUNNEL_ATTRIBUTION_FIRST_TOUCH);
  EXPECT_EQ(posthog.retention_kind, v1::RETENTION_KIND_FIRST_TIME);
  EXPECT_EQ(posthog.retention_mode, v1::RETENTION_MODE_ON);
  EXPECT_EQ(posthog.retention_alignment, v1::RETENTION_ALIGNMENT_CALENDAR);
}

// A request that sets nothing but the preset must never be refused for a default that it did not choose.
TEST(PresetTest, NoPresetAsksForWhatWeRefuse) {
  for (const v1::Preset preset :
       {v1::PRESET_UNSPECIFIED, v1::PRESET_MIXPANEL, v1::PRESET_AMPLITUDE, v1::PRESET_POSTHOG}) {
    const PresetDefaults& defaults = DefaultsOf(preset);
    EXPECT_FALSE(defaults.retention_kind == v1::RETENTION_KIND_RECURRING &&
                 defaults.retention_alignment == v1::RETENTION_ALIGNMENT_ROLLING);
    EXPECT_NE(defaults.retention_mode, v1::RETENTION_MODE_BRACKET);
    EXPECT_NE(defaults.funnel_attribution, v1::FUNNEL_ATTRIBUTION_STEP);
    EXPECT_GE(defaults.funnel_window, absl::Microseconds(1));
    EXPECT_LE(defaults.funnel_window, 366 * kDay);
  }
}

TEST(PresetTest, EveryNamedPresetIsTaken) {
  for (const v1::Preset preset :
       {v1::PRESET_UNSPECIFIED, v1::PRESET_MIXPANEL, v1::PRESET_AMPLITUDE, v1::PRESET_POSTHOG}) {
    ASSERT_OK_AND_ASSIGN(const v1::Preset resolved, ResolvePreset(preset, "scope.preset"));
    EXPECT_EQ(resolved, preset);
  }
}

TEST(PresetTest, RefusesANumberWithoutAName) {
  EXPECT_THAT(
      ResolvePreset(static_cast<v1::Preset>(4), "scope.preset"),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("scope.preset: must be PRESET_MIXPANEL")));
  EXPECT_THAT(ResolvePreset(static_cast<v1::Preset>(-1), "scope.preset"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("scope.preset")));
}

}  // namespace
}  // namespace donut::query
