// What a funnel asks, checked and with its defaults: shared by the funnel and the
// conversion rate, which is a funnel of two steps. No state, no clock, no database.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/conversion_rate.pb.h"
#include "donut/analytics/v1/funnel.pb.h"
#include "query_service/query_scope.h"

namespace donut::query {

// The steps' bits of one event fit an int.
inline constexpr int kMaxFunnelSteps = 20;
inline constexpr int kMaxNamesPerFunnelStep = 20;
inline constexpr int kMaxFunnelLabelBytes = 200;
inline constexpr absl::Duration kMinFunnelWindow = absl::Microseconds(1);
inline constexpr absl::Duration kMaxFunnelWindow = absl::Hours(366 * 24);
inline constexpr absl::Duration kDefaultFunnelWindow = absl::Hours(14 * 24);

struct FunnelStepQuestion {
  // Empty: any event.
  std::vector<std::string> event_names;
  std::string label;
  // Of this step's events.
  EventFilter filter;
};

struct FunnelQuestion {
  QueryScope scope;
  std::vector<FunnelStepQuestion> steps;
  // Whole microseconds, inclusive.
  absl::Duration window;
  v1::Actor actor = v1::ACTOR_USER;

  // Whether no entry of the interval can be continued after as_of.
  bool complete() const { return scope.end + window <= scope.as_of; }
};

// The step as an answer repeats it, with its label.
v1::FunnelStep ToProto(const FunnelStepQuestion& step);

// INVALID_ARGUMENT names the field and the rule.
absl::StatusOr<FunnelQuestion> ResolveFunnel(const v1::GetFunnelRequest& request,
                                             const QueryContext& context);
absl::StatusOr<FunnelQuestion> ResolveFunnel(const v1::GetConversionRateRequest& request,
                                             const QueryContext& context);

}  // namespace donut::query
