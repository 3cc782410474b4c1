// What is taken for what a request leaves unset: our own defaults, or those of another product, so that a
// number can be held against that product's. Only choices of what a number means; what is shown (interval,
// period, offsets, limits) stays ours. docs/presets.md tells where each one comes from, and what cannot be
// expressed. No state; thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/funnel.pb.h"
#include "donut/analytics/v1/retention.pb.h"
#include "donut/analytics/v1/scope.pb.h"

namespace donut::query {

// A field that is set always wins. A default that what was set does not allow gives way to ours and is never
// a reason to refuse: RECURRING takes CALENDAR, brackets take BRACKET, a breakdown by user_property no
// attribution.
struct PresetDefaults {
  v1::WeekStart week_start = v1::WEEK_START_MONDAY;
  absl::Duration funnel_window = absl::Hours(14 * 24);
  v1::FunnelRange funnel_range = v1::FUNNEL_RANGE_ENTRY;
  v1::FunnelTies funnel_ties = v1::FUNNEL_TIES_BY_STEP;
  v1::FunnelAttribution funnel_attribution = v1::FUNNEL_ATTRIBUTION_ENTRY;
  v1::RetentionKind retention_kind = v1::RETENTION_KIND_FIRST_TIME;
  v1::RetentionMode retention_mode = v1::RETENTION_MODE_ON;
  v1::RetentionAlignment retention_alignment = v1::RETENTION_ALIGNMENT_CALENDAR;
};

// INVALID_ARGUMENT for a number without a name.
absl::StatusOr<v1::Preset> ResolvePreset(v1::Preset preset, const std::string& field);

const PresetDefaults& DefaultsOf(v1::Preset preset);

}  // namespace donut::query
