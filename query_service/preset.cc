#include "query_service/preset.h"

#include "common/grpc_status.h"

namespace donut::query {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);

const PresetDefaults& Ours() {
  static const PresetDefaults ours;
  return ours;
}

// Its report counts from every birth in a period (RECURRING), and from each by itself (ROLLING), which do not
// go together here; its API counts from the first time. So FIRST_TIME as its API, and the rest as its report.
const PresetDefaults& Mixpanel() {
  static const PresetDefaults mixpanel = {
      // docs.mixpanel.com/docs/orgs-and-projects/managing-projects#time-period-settings
      .week_start = v1::WEEK_START_MONDAY,
      // docs.mixpanel.com/docs/reports/funnels/funnels-advanced#conversion-window
      .funnel_window = 7 * kDay,
      // docs.mixpanel.com/reference/funnels-query: events past to_date are read for completions
      .funnel_range = v1::FUNNEL_RANGE_ENTRY,
      // docs.mixpanel.com/docs/reports/funnels/funnels-faq: either order within two seconds; the nearest of
      // ours
      .funnel_ties = v1::FUNNEL_TIES_BY_STEP,
      // Not verified: ours.
      .funnel_attribution = v1::FUNNEL_ATTRIBUTION_ENTRY,
      // docs.mixpanel.com/reference/retention-query
      .retention_kind = v1::RETENTION_KIND_FIRST_TIME,
      // docs.mixpanel.com/docs/reports/retention#retention-criteria
      .retention_mode = v1::RETENTION_MODE_ON_OR_AFTER,
      // docs.mixpanel.com/docs/reports/retention#calendar-retention-mode
      .retention_alignment = v1::RETENTION_ALIGNMENT_ROLLING,
  };
  return mixpanel;
}

// Its charts; its Dashboard REST API has other defaults.
const PresetDefaults& Amplitude() {
  static const PresetDefaults amplitude = {
      // A setting of the project, its default not verified: ours.
      .week_start = v1::WEEK_START_MONDAY,
      // amplitude.com/docs/analytics/charts/funnel-analysis/funnel-analysis-interpret
      .funnel_window = kDay,
      // amplitude.com/docs/faq/funnel-analysis: the first step in the date range, the rest in the window
      .funnel_range = v1::FUNNEL_RANGE_ENTRY,
      // .../funnel-analysis-how-amplitude-handles-simultaneous-events: either order within one second
      .funnel_ties = v1::FUNNEL_TIES_BY_STEP,
      // .../funnel-analysis-how-amplitude-computes-conversions: the earliest entry; ENTRY would be the last
      .funnel_attribution = v1::FUNNEL_ATTRIBUTION_FIRST_TOUCH,
      // amplitude.com/docs/analytics/charts/retention-analysis/retention-analysis-interpret: new users
      .retention_kind = v1::RETENTION_KIND_FIRST_TIME,
      // The same page.
      .retention_mode = v1::RETENTION_MODE_ON_OR_AFTER,
      // .../retention-analysis-time
      .retention_alignment = v1::RETENTION_ALIGNMENT_ROLLING,
  };
  return amplitude;
}

// From its source, github.com/PostHog/posthog; its retention as a new insight opens.
const PresetDefaults& PostHog() {
  static const PresetDefaults posthog = {
      // posthog/hogql/database/database.py, get_week_start_day
      .week_start = v1::WEEK_START_SUNDAY,
      // posthog/hogql_queries/insights/funnels/funnel_query_context.py
      .funnel_window = 14 * kDay,
      // posthog/hogql_queries/insights/funnels/funnel_event_query.py, _date_range_expr
      .funnel_range = v1::FUNNEL_RANGE_ALL_STEPS,
      // funnel-udf/src/steps.rs, loop_prop_val
      .funnel_ties = v1::FUNNEL_TIES_BY_STEP,
      // posthog/hogql_queries/insights/funnels/funnel_query_context.py
      .funnel_attribution = v1::FUNNEL_ATTRIBUTION_FIRST_TOUCH,
      // frontend/src/queries/nodes/InsightQuery/defaults.ts
      .retention_kind = v1::RETENTION_KIND_FIRST_TIME,
      // posthog.com/docs/product-analytics/retention
      .retention_mode = v1::RETENTION_MODE_ON,
      // posthog/hogql_queries/insights/retention/retention_query_context.py, is_24h_window_calculation
      .retention_alignment = v1::RETENTION_ALIGNMENT_CALENDAR,
  };
  return posthog;
}

}  // namespace

absl::StatusOr<v1::Preset> ResolvePreset(v1::Preset preset, const std::string& field) {
  if (v1::Preset_IsValid(preset)) return preset;
  return InvalidField(field, "must be PRESET_MIXPANEL, _AMPLITUDE or _POSTHOG");
}

const PresetDefaults& DefaultsOf(v1::Preset preset) {
  switch (preset) {
    case v1::PRESET_MIXPANEL:
      return Mixpanel();
    case v1::PRESET_AMPLITUDE:
      return Amplitude();
    case v1::PRESET_POSTHOG:
      return PostHog();
    default:
      return Ours();
  }
}

}  // namespace donut::query
