#include "query_service/metrics/funnel/funnel_question.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/grpc_status.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/metrics/funnel/funnel_histogram.h"
#include "query_service/preset.h"

namespace donut::query {
namespace {

absl::StatusOr<FunnelStepQuestion> ResolveStep(const v1::FunnelStep& step, const std::string& field) {
  const std::string names_field = field + ".event_names";
  FunnelStepQuestion resolved;
  ASSIGN_OR_RETURN(resolved.event_names,
                   ResolveEventNames(step.event_names(), names_field, kMaxNamesPerFunnelStep));
  if (resolved.event_names.empty() && !step.any_event()) {
    return InvalidField(names_field, "must have a name, unless any_event is set");
  }
  if (!resolved.event_names.empty() && step.any_event()) {
    return InvalidField(field + ".any_event", "must not be set beside event_names: any event includes them");
  }
  RETURN_IF_ERROR(CheckText(step.label(), kMaxFunnelLabelBytes, field + ".label"));
  resolved.label = !step.label().empty() ? step.label()
                   : step.any_event()    ? "any event"
                                         : absl::StrJoin(resolved.event_names, " or ");
  ASSIGN_OR_RETURN(resolved.filter, ResolveFilterOf(step, field + ".filter"));
  return resolved;
}

// Events have no finer times than microseconds, so a window of 1.5 microseconds is one of 1.
template <typename Request>
absl::StatusOr<absl::Duration> ResolveWindow(const Request& request, absl::Duration standard) {
  if (!request.has_window()) return standard;
  ASSIGN_OR_RETURN(const absl::Duration window, FromProto(request.window(), "window"));
  if (window < kMinFunnelWindow || window > kMaxFunnelWindow) {
    return InvalidField("window", "must be from 1 microsecond to 366 days (31622400s)");
  }
  return absl::Floor(window, absl::Microseconds(1));
}

absl::StatusOr<v1::FunnelRange> ResolveRange(v1::FunnelRange range, v1::FunnelRange standard) {
  if (range == v1::FUNNEL_RANGE_UNSPECIFIED) return standard;
  if (v1::FunnelRange_IsValid(range)) return range;
  return InvalidField("range_applies_to", "must be FUNNEL_RANGE_ENTRY or FUNNEL_RANGE_ALL_STEPS");
}

absl::StatusOr<v1::FunnelTies> ResolveTies(v1::FunnelTies ties, v1::FunnelTies standard,
                                           v1::FunnelOrder order) {
  if (!v1::FunnelTies_IsValid(ties)) {
    return InvalidField("ties", "must be FUNNEL_TIES_BY_STEP or FUNNEL_TIES_BY_EVENT_ORDER");
  }
  if (order == v1::FUNNEL_ORDER_ORDERED) return ties == v1::FUNNEL_TIES_UNSPECIFIED ? standard : ties;
  if (ties == v1::FUNNEL_TIES_UNSPECIFIED) return ties;
  return InvalidField("ties",
                      "must not be set unless the order is FUNNEL_ORDER_ORDERED: STRICT goes by event "
                      "order, and UNORDERED needs none");
}

// Two different steps of a funnel that has several. The one that is out of all bounds is at fault; else the
// first, as the last step is what `to_step` is where nothing is said.
absl::Status CheckFromAndTo(int from_step, int to_step, int step_count, const std::string& field) {
  if (to_step < 2 || to_step > step_count) {
    return InvalidField(field + ".to_step",
                        absl::StrCat("must be from 2 to ", step_count, ", the funnel's last step"));
  }
  if (from_step < 1 || from_step >= to_step) {
    return InvalidField(field + ".from_step",
                        absl::StrCat("must be from 1, and below to_step, which is ", to_step));
  }
  return absl::OkStatus();
}

// Whether each X of that name is already the step: then nothing would be left to exclude.
bool TakesEach(const FunnelStepQuestion& step, const FunnelExclusionQuestion& exclusion,
               const std::string& name) {
  const bool has_name =
      step.event_names.empty() ||
      std::find(step.event_names.begin(), step.event_names.end(), name) != step.event_names.end();
  return has_name && (step.filter.empty() ||
                      step.filter.proto.SerializeAsString() == exclusion.filter.proto.SerializeAsString());
}

// What is a step wherever the exclusion looks would never exclude. UNORDERED: every step can stand there.
absl::Status CheckExcludes(const FunnelExclusionQuestion& exclusion, const FunnelQuestion& question,
                           const std::string& names_field) {
  const bool any_step = question.order == v1::FUNNEL_ORDER_UNORDERED;
  const int first = any_step ? 1 : exclusion.from_step;
  const int last = any_step ? question.step_count() : exclusion.to_step;
  for (size_t i = 0; i < exclusion.event_names.size(); ++i) {
    for (int step = first; step <= last; ++step) {
      if (!TakesEach(question.steps[step - 1], exclusion, exclusion.event_names[i])) continue;
      return InvalidField(
          absl::StrCat(names_field, "[", i, "]"),
          absl::StrCat("must not be what step ", step,
                       " is already: an event that matches both counts as the step, so nothing "
                       "would be excluded"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<FunnelExclusionQuestion> ResolveExclusion(const v1::FunnelExclusion& exclusion,
                                                         const FunnelQuestion& question,
                                                         const std::string& field) {
  const std::string names_field = field + ".event_names";
  const int step_count = question.step_count();
  FunnelExclusionQuestion resolved;
  ASSIGN_OR_RETURN(resolved.event_names,
                   ResolveEventNames(exclusion.event_names(), names_field, kMaxNamesPerFunnelStep));
  if (resolved.event_names.empty()) return InvalidField(names_field, "must have a name");
  ASSIGN_OR_RETURN(resolved.filter, ResolveFilterOf(exclusion, field + ".filter"));
  resolved.from_step = exclusion.from_step() == 0 ? 1 : exclusion.from_step();
  resolved.to_step = exclusion.to_step() == 0 ? step_count : exclusion.to_step();
  if (step_count == 1) {
    return InvalidField(field + ".from_step", "must have two steps to lie between, and there is one");
  }
  RETURN_IF_ERROR(CheckFromAndTo(resolved.from_step, resolved.to_step, step_count, field));
  RETURN_IF_ERROR(CheckExcludes(resolved, question, names_field));
  return resolved;
}

template <typename Request>
absl::Status ResolveExclusions(const Request& request, FunnelQuestion& question) {
  if (request.exclusions().empty()) return absl::OkStatus();
  if (question.order == v1::FUNNEL_ORDER_STRICT) {
    return InvalidField("exclusions",
                        "must be empty with FUNNEL_ORDER_STRICT: nothing stands between its steps");
  }
  if (request.exclusions_size() > kMaxFunnelExclusions) {
    return InvalidField("exclusions",
                        absl::StrCat("must have at most ", kMaxFunnelExclusions, " exclusions"));
  }
  for (int i = 0; i < request.exclusions_size(); ++i) {
    ASSIGN_OR_RETURN(FunnelExclusionQuestion exclusion,
                     ResolveExclusion(request.exclusions(i), question, absl::StrCat("exclusions[", i, "]")));
    question.exclusions.push_back(std::move(exclusion));
  }
  return absl::OkStatus();
}

template <typename Request>
absl::Status ResolveHeld(const Request& request, FunnelQuestion& question) {
  if (request.hold_constant_size() > kMaxHeldProperties) {
    return InvalidField("hold_constant",
                        absl::StrCat("must have at most ", kMaxHeldProperties, " properties"));
  }
  std::set<std::string> seen;
  for (int i = 0; i < request.hold_constant_size(); ++i) {
    const std::string& key = request.hold_constant(i);
    const std::string place = absl::StrCat("hold_constant[", i, "]");
    RETURN_IF_ERROR(CheckPropertyKey(key, place));
    if (!seen.insert(key).second) return InvalidField(place, "must differ from the properties before it");
    question.held.push_back(key);
  }
  return absl::OkStatus();
}

template <typename Request>
absl::Status ResolveAttribution(const Request& request, FunnelQuestion& question) {
  if (!v1::FunnelAttribution_IsValid(request.attribution())) {
    return InvalidField("attribution",
                        "must be FUNNEL_ATTRIBUTION_ENTRY, _STEP, _FIRST_TOUCH or _LAST_TOUCH");
  }
  const bool by_event = !question.breakdown.empty() && !question.breakdown.reads_users();
  if (by_event) {
    question.attribution = request.attribution() == v1::FUNNEL_ATTRIBUTION_UNSPECIFIED
                               ? DefaultsOf(question.scope.preset).funnel_attribution
                               : request.attribution();
  } else if (request.attribution() != v1::FUNNEL_ATTRIBUTION_UNSPECIFIED) {
    return InvalidField("attribution",
                        "must not be set unless there is a breakdown by event_property or event_name");
  }
  if (question.attribution != v1::FUNNEL_ATTRIBUTION_STEP) {
    if (request.attribution_step() == 0) return absl::OkStatus();
    return InvalidField("attribution_step", "must not be set unless attribution is FUNNEL_ATTRIBUTION_STEP");
  }
  question.attribution_step = request.attribution_step();
  if (question.attribution_step >= 1 && question.attribution_step <= question.step_count())
    return absl::OkStatus();
  return InvalidField("attribution_step",
                      absl::StrCat("must be from 1 to ", question.step_count(), ", the funnel's last step"));
}

absl::StatusOr<FunnelSeriesQuestion> ResolveSeries(const v1::FunnelSeries& series,
                                                   const FunnelQuestion& question,
                                                   const std::string& granularity_field) {
  FunnelSeriesQuestion resolved;
  if (series.granularity() == v1::GRANULARITY_UNSPECIFIED) {
    return InvalidField(granularity_field, "must be set: GRANULARITY_HOUR, _DAY, _WEEK or _MONTH");
  }
  ASSIGN_OR_RETURN(resolved.granularity, ResolveGranularity(series.granularity(), granularity_field));
  const int steps = question.step_count();
  resolved.from_step = series.from_step() == 0 ? 1 : series.from_step();
  resolved.to_step = series.to_step() == 0 ? steps : series.to_step();
  if (steps > 1) {
    RETURN_IF_ERROR(CheckFromAndTo(resolved.from_step, resolved.to_step, steps, "series"));
  } else if (resolved.from_step != 1 || resolved.to_step != 1) {
    return InvalidField(resolved.from_step != 1 ? "series.from_step" : "series.to_step",
                        "must be 1: the funnel has one step only");
  }
  ASSIGN_OR_RETURN(resolved.buckets,
                   IntervalBuckets(question.scope, resolved.granularity, kMaxFunnelSeriesBuckets));
  return resolved;
}

// UNORDERED: each event counts for one step, so a step that another one takes all events of would be empty.
absl::Status CheckEachStepHasEvents(const std::vector<FunnelStepQuestion>& steps) {
  const auto takes_all = [](const FunnelStepQuestion& earlier, const FunnelStepQuestion& step) {
    if (earlier.filter.proto.SerializeAsString() != step.filter.proto.SerializeAsString()) return false;
    if (earlier.event_names.empty()) return true;
    if (step.event_names.empty()) return false;
    return std::all_of(step.event_names.begin(), step.event_names.end(), [&](const std::string& name) {
      return std::find(earlier.event_names.begin(), earlier.event_names.end(), name) !=
             earlier.event_names.end();
    });
  };
  for (size_t i = 0; i < steps.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (!takes_all(steps[j], steps[i])) continue;
      return InvalidField(
          absl::StrCat("steps[", i, "]"),
          absl::StrCat("must not be the same as steps[", j,
                       "] with FUNNEL_ORDER_UNORDERED: each event counts for one step, so none "
                       "would be left for this one"));
    }
  }
  return absl::OkStatus();
}

// What both requests have in common, once the steps and their order are known.
template <typename Request>
absl::Status ResolveCommon(const Request& request, FunnelQuestion& question) {
  const PresetDefaults& defaults = DefaultsOf(question.scope.preset);
  ASSIGN_OR_RETURN(question.actor, ResolveActor(request.actor(), "actor"));
  ASSIGN_OR_RETURN(question.window, ResolveWindow(request, defaults.funnel_window));
  ASSIGN_OR_RETURN(question.range, ResolveRange(request.range_applies_to(), defaults.funnel_range));
  ASSIGN_OR_RETURN(question.ties, ResolveTies(request.ties(), defaults.funnel_ties, question.order));
  RETURN_IF_ERROR(ResolveExclusions(request, question));
  RETURN_IF_ERROR(ResolveHeld(request, question));
  ASSIGN_OR_RETURN(question.breakdown, ResolveBreakdownOf(request));
  RETURN_IF_ERROR(ResolveAttribution(request, question));
  if (!request.has_histogram()) return absl::OkStatus();
  ASSIGN_OR_RETURN(question.histogram, ResolveHistogram(request.histogram(), "histogram"));
  return absl::OkStatus();
}

}  // namespace

v1::FunnelStep ToProto(const FunnelStepQuestion& step) {
  v1::FunnelStep proto;
  *proto.mutable_event_names() = {step.event_names.begin(), step.event_names.end()};
  proto.set_any_event(step.event_names.empty());
  proto.set_label(step.label);
  if (!step.filter.empty()) *proto.mutable_filter() = step.filter.proto;
  return proto;
}

v1::FunnelExclusion ToProto(const FunnelExclusionQuestion& exclusion) {
  v1::FunnelExclusion proto;
  *proto.mutable_event_names() = {exclusion.event_names.begin(), exclusion.event_names.end()};
  if (!exclusion.filter.empty()) *proto.mutable_filter() = exclusion.filter.proto;
  proto.set_from_step(exclusion.from_step);
  proto.set_to_step(exclusion.to_step);
  return proto;
}

absl::StatusOr<FunnelQuestion> ResolveFunnel(const v1::GetFunnelRequest& request,
                                             const QueryContext& context) {
  FunnelQuestion question;
  ASSIGN_OR_RETURN(question.scope, ResolveScope(request.scope(), context));
  if (request.steps().empty() || request.steps_size() > kMaxFunnelSteps) {
    return InvalidField("steps", absl::StrCat("must have 1 to ", kMaxFunnelSteps, " steps"));
  }
  for (int i = 0; i < request.steps_size(); ++i) {
    ASSIGN_OR_RETURN(FunnelStepQuestion step, ResolveStep(request.steps(i), absl::StrCat("steps[", i, "]")));
    question.steps.push_back(std::move(step));
  }
  if (!v1::FunnelOrder_IsValid(request.order())) {
    return InvalidField("order", "must be FUNNEL_ORDER_ORDERED, _STRICT or _UNORDERED");
  }
  if (request.order() != v1::FUNNEL_ORDER_UNSPECIFIED) question.order = request.order();
  if (question.order == v1::FUNNEL_ORDER_UNORDERED) RETURN_IF_ERROR(CheckEachStepHasEvents(question.steps));
  RETURN_IF_ERROR(ResolveCommon(request, question));
  if (!request.has_series()) return question;
  ASSIGN_OR_RETURN(question.series, ResolveSeries(request.series(), question, "series.granularity"));
  return question;
}

absl::StatusOr<FunnelQuestion> ResolveFunnel(const v1::GetConversionRateRequest& request,
                                             const QueryContext& context) {
  FunnelQuestion question;
  ASSIGN_OR_RETURN(question.scope, ResolveScope(request.scope(), context));
  ASSIGN_OR_RETURN(FunnelStepQuestion from, ResolveStep(request.from(), "from"));
  ASSIGN_OR_RETURN(FunnelStepQuestion to, ResolveStep(request.to(), "to"));
  question.steps = {std::move(from), std::move(to)};
  RETURN_IF_ERROR(ResolveCommon(request, question));
  if (request.series_granularity() == v1::GRANULARITY_UNSPECIFIED) return question;
  v1::FunnelSeries series;
  series.set_granularity(request.series_granularity());
  ASSIGN_OR_RETURN(question.series, ResolveSeries(series, question, "series_granularity"));
  return question;
}

}  // namespace donut::query
