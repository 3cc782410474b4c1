// What a funnel asks, checked and with its defaults: shared by the funnel, the conversion rate (a
// funnel of two steps), the actors behind a bar and the explanation of one. No state, no clock, no database.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/conversion_rate.pb.h"
#include "donut/analytics/v1/funnel.pb.h"
#include "query_service/event_breakdown.h"
#include "query_service/query_scope.h"

namespace donut::query {

// The steps' bits of one event fit an int.
inline constexpr int kMaxFunnelSteps = 20;
inline constexpr int kMaxNamesPerFunnelStep = 20;
inline constexpr int kMaxFunnelLabelBytes = 200;
inline constexpr int kMaxFunnelExclusions = 5;
inline constexpr int kMaxHeldProperties = 3;
inline constexpr int kMaxFunnelSeriesBuckets = 5'000;
inline constexpr absl::Duration kMinFunnelWindow = absl::Microseconds(1);
inline constexpr absl::Duration kMaxFunnelWindow = absl::Hours(366 * 24);

struct FunnelStepQuestion {
  // Empty: any event.
  std::vector<std::string> event_names;
  std::string label;
  // Of this step's events.
  EventFilter filter;
};

// No such event strictly between the two steps, counted from 1.
struct FunnelExclusionQuestion {
  std::vector<std::string> event_names;
  EventFilter filter;
  int from_step = 0;
  int to_step = 0;
};

struct FunnelSeriesQuestion {
  v1::Granularity granularity = v1::GRANULARITY_DAY;
  int from_step = 0;
  int to_step = 0;
  // Those that the interval overlaps.
  std::vector<CalendarBucket> buckets;
};

struct FunnelQuestion {
  QueryScope scope;
  std::vector<FunnelStepQuestion> steps;
  // Whole microseconds, inclusive.
  absl::Duration window;
  v1::Actor actor = v1::ACTOR_USER;
  v1::FunnelOrder order = v1::FUNNEL_ORDER_ORDERED;
  v1::FunnelRange range = v1::FUNNEL_RANGE_ENTRY;
  v1::FunnelTies ties = v1::FUNNEL_TIES_BY_STEP;
  std::vector<FunnelExclusionQuestion> exclusions;
  // Keys of event properties.
  std::vector<std::string> held;
  EventBreakdown breakdown;
  // UNSPECIFIED without a breakdown, or where that is by user.
  v1::FunnelAttribution attribution = v1::FUNNEL_ATTRIBUTION_UNSPECIFIED;
  // From 1; 0 unless the attribution is STEP.
  int attribution_step = 0;
  std::optional<v1::HistogramBins> histogram;
  std::optional<FunnelSeriesQuestion> series;

  int step_count() const { return static_cast<int>(steps.size()); }
  bool all_steps() const { return range == v1::FUNNEL_RANGE_ALL_STEPS; }
  // Exclusive, of the events that are read. Entries lie before the interval's end, so what follows them
  // within the window lies before end + window.
  absl::Time scan_end() const {
    return std::min(all_steps() ? scope.end : scope.end + window, scope.seen_end());
  }
  // Whether no entry before `entry_end` can be continued after as_of.
  bool complete(absl::Time entry_end) const {
    return (all_steps() ? entry_end : entry_end + window) <= scope.as_of;
  }
};

// The step as an answer repeats it, with its label.
v1::FunnelStep ToProto(const FunnelStepQuestion& step);
v1::FunnelExclusion ToProto(const FunnelExclusionQuestion& exclusion);

// INVALID_ARGUMENT names the field and the rule.
absl::StatusOr<FunnelQuestion> ResolveFunnel(const v1::GetFunnelRequest& request,
                                             const QueryContext& context);
absl::StatusOr<FunnelQuestion> ResolveFunnel(const v1::GetConversionRateRequest& request,
                                             const QueryContext& context);

}  // namespace donut::query
