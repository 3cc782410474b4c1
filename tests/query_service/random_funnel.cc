#include "tests/query_service/random_funnel.h"

#include <algorithm>
#include <vector>

#include "common/proto_time.h"
#include "tests/reference/random_filter.h"

namespace donut::testing {
namespace {

absl::Duration PickWindow(Dice& dice, const History& history) {
  absl::Duration window = absl::Hours(dice.Between(1, 24 * 10));
  // Exactly between two events, or a microsecond beside that.
  if (history.events.size() >= 2 && dice.OneIn(2)) {
    window = absl::AbsDuration(dice.Pick(history.events).time - dice.Pick(history.events).time) +
             absl::Microseconds(dice.Between(-1, 1));
  }
  return std::min(std::max(window, absl::Microseconds(1)), absl::Hours(366 * 24));
}

v1::FunnelStep PickStep(Dice& dice) {
  v1::FunnelStep step;
  for (const std::string& name : PickNames(dice, dice.OneIn(3) ? 3 : 1)) step.add_event_names(name);
  step.set_any_event(step.event_names().empty());
  if (dice.OneIn(3)) *step.mutable_filter() = MakeRandomFilter(dice, 2);
  return step;
}

v1::FunnelExclusion PickExclusion(Dice& dice, int steps) {
  v1::FunnelExclusion exclusion;
  while (exclusion.event_names().empty()) {
    for (const std::string& name : PickNames(dice, 2)) exclusion.add_event_names(name);
  }
  if (dice.OneIn(3)) *exclusion.mutable_filter() = MakeRandomFilter(dice, 2);
  if (dice.OneIn(3)) return exclusion;
  exclusion.set_from_step(static_cast<int>(dice.Between(1, steps - 1)));
  exclusion.set_to_step(static_cast<int>(dice.Between(exclusion.from_step() + 1, steps)));
  return exclusion;
}

v1::HistogramBins PickHistogram(Dice& dice) {
  v1::HistogramBins bins;
  if (dice.OneIn(3)) {
    bins.set_count(static_cast<int>(dice.Between(1, 5)));
  } else if (dice.OneIn(2)) {
    bins.set_rule(static_cast<v1::HistogramRule>(dice.Between(1, 4)));
  } else {
    int64_t edge = dice.Between(0, 1) * 3600;
    for (int64_t i = dice.Between(1, 3); i > 0; --i) {
      bins.mutable_edges()->add_edges()->set_seconds(edge);
      edge += 3600 * dice.Between(1, 100);
    }
  }
  return bins;
}

// What every funnel may be asked, and the conversion rate as well.
template <typename Request>
void PickOptions(Dice& dice, int steps, bool may_exclude, Request& request) {
  if (dice.OneIn(3)) request.set_range_applies_to(v1::FUNNEL_RANGE_ALL_STEPS);
  if (may_exclude && steps > 1 && dice.OneIn(2)) {
    for (int64_t i = dice.Between(1, 2); i > 0; --i) *request.add_exclusions() = PickExclusion(dice, steps);
  }
  if (dice.OneIn(4)) request.add_hold_constant("h");
  if (dice.OneIn(6)) request.add_hold_constant("q");
  if (dice.OneIn(3)) *request.mutable_histogram() = PickHistogram(dice);
  if (dice.OneIn(2)) return;
  v1::Breakdown& breakdown = *request.mutable_breakdown();
  const int64_t subject = dice.Between(1, 4);
  if (subject == 1) breakdown.set_user_property("p");
  if (subject == 2) breakdown.set_event_name(true);
  if (subject > 2) breakdown.set_event_property(dice.OneIn(2) ? "h" : "p");
  breakdown.set_limit(static_cast<int>(dice.Between(0, 3)));
  if (subject == 1) return;
  request.set_attribution(static_cast<v1::FunnelAttribution>(dice.Between(0, 4)));
  if (request.attribution() != v1::FUNNEL_ATTRIBUTION_STEP) return;
  request.set_attribution_step(static_cast<int>(dice.Between(1, steps)));
}

// The history and what all funnels are asked; some bounds are exactly an event's time.
template <typename Request>
RandomTrial<Request> MakeTrial(Dice& dice) {
  const RandomSetting setting = PickSetting(dice);
  RandomHistoryOptions options;
  options.most_events = 22;
  options.most_users = 3;
  RandomTrial<Request> trial = {MakeRandomHistory(dice, setting, options), setting.time_zone, {}};
  *trial.request.mutable_scope() = MakeRandomScope(dice, setting);
  if (!trial.history.events.empty() && dice.OneIn(4)) {
    *trial.request.mutable_scope()->mutable_as_of_time() =
        donut::ToProto(dice.Pick(trial.history.events).time);
  }
  if (!dice.OneIn(4)) {
    *trial.request.mutable_window() = donut::ToProto(PickWindow(dice, trial.history));
  }
  if (dice.OneIn(3)) trial.request.set_actor(v1::ACTOR_SESSION);
  FilterSome(dice, trial);
  // Of few values, so that some are the same.
  static const auto& values = *new std::vector<std::string>{"\"x\"", "\"1\"", "1", "null"};
  for (HistoryEvent& event : trial.history.events) {
    if (!dice.OneIn(6)) event.properties["h"] = dice.Pick(values);
  }
  return trial;
}

int ConditionCount(const v1::Filter& filter) {
  int count = filter.has_condition() ? 1 : 0;
  if (filter.has_not_()) count += ConditionCount(filter.not_());
  for (const v1::Filter& part : filter.all_of()) count += ConditionCount(part);
  for (const v1::Filter& part : filter.any_of()) count += ConditionCount(part);
  return count;
}

const query::QueryContext& AnyContext() {
  static const auto& context =
      *new query::QueryContext{{1, "default", "UTC"}, absl::FromUnixSeconds(1718452800)};
  return context;
}

template <typename Request>
bool IsTaken(const Request& request) {
  return query::ResolveFunnel(request, AnyContext()).ok();
}

}  // namespace

RandomTrial<v1::GetFunnelRequest> MakeFunnelTrial(Dice& dice) {
  for (;;) {
    auto trial = MakeTrial<v1::GetFunnelRequest>(dice);
    v1::GetFunnelRequest& request = trial.request;
    const int steps = static_cast<int>(dice.Between(1, 5));
    for (int i = 0; i < steps; ++i) *request.add_steps() = PickStep(dice);
    if (dice.OneIn(2))
      request.set_order(dice.OneIn(2) ? v1::FUNNEL_ORDER_STRICT : v1::FUNNEL_ORDER_UNORDERED);
    if (request.order() == v1::FUNNEL_ORDER_UNSPECIFIED && dice.OneIn(3)) {
      request.set_ties(v1::FUNNEL_TIES_BY_EVENT_ORDER);
    }
    PickOptions(dice, steps, request.order() != v1::FUNNEL_ORDER_STRICT, request);
    if (dice.OneIn(3)) {
      request.mutable_series()->set_granularity(dice.OneIn(2) ? v1::GRANULARITY_DAY : v1::GRANULARITY_WEEK);
      if (steps > 1 && dice.OneIn(2)) {
        request.mutable_series()->set_from_step(static_cast<int>(dice.Between(1, steps - 1)));
        request.mutable_series()->set_to_step(
            static_cast<int>(dice.Between(request.series().from_step() + 1, steps)));
      }
    }
    if (IsTaken(request)) return trial;
  }
}

RandomTrial<v1::GetConversionRateRequest> MakeConversionTrial(Dice& dice) {
  for (;;) {
    auto trial = MakeTrial<v1::GetConversionRateRequest>(dice);
    *trial.request.mutable_from() = PickStep(dice);
    *trial.request.mutable_to() = PickStep(dice);
    PickOptions(dice, 2, true, trial.request);
    if (dice.OneIn(3)) trial.request.set_series_granularity(v1::GRANULARITY_DAY);
    if (IsTaken(trial.request)) return trial;
  }
}

FunnelByDefinitionQuestion QuestionByDefinition(const query::FunnelQuestion& question,
                                                const History& history) {
  FunnelByDefinitionQuestion oracle;
  for (const query::FunnelStepQuestion& step : question.steps) {
    const v1::FunnelStep proto = ToProto(step);
    oracle.steps.push_back(
        StepByDefinition{step.event_names, TestOf(proto, history), ConditionCount(proto.filter())});
  }
  oracle.start = question.scope.start;
  oracle.end = question.scope.end;
  oracle.as_of = question.scope.as_of;
  oracle.window = question.window;
  oracle.by_session = question.actor == v1::ACTOR_SESSION;
  oracle.order = question.order;
  oracle.all_steps = question.all_steps();
  oracle.ties_by_event_order = question.ties == v1::FUNNEL_TIES_BY_EVENT_ORDER;
  for (const query::FunnelExclusionQuestion& exclusion : question.exclusions) {
    oracle.exclusions.push_back(ExclusionByDefinition{
        exclusion.event_names, TestOf(ToProto(exclusion), history), exclusion.from_step, exclusion.to_step});
  }
  oracle.held = question.held;
  oracle.breakdown = question.breakdown.proto;
  oracle.attribution = question.attribution;
  oracle.attribution_step = question.attribution_step;
  if (!question.series) return oracle;
  for (const query::CalendarBucket& bucket : question.series->buckets) {
    oracle.series_buckets.push_back({bucket.start, bucket.end});
  }
  oracle.series_from_step = question.series->from_step;
  oracle.series_to_step = question.series->to_step;
  return oracle;
}

}  // namespace donut::testing
