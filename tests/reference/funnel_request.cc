#include "tests/reference/funnel_request.h"

#include <algorithm>

#include "common/proto_time.h"
#include "query_service/metrics/funnel/funnel_question.h"
#include "tests/reference/random_filter.h"

namespace donut::testing {
namespace {

int ConditionCount(const v1::Filter& filter) {
  if (filter.has_condition()) return 1;
  if (filter.has_not_()) return ConditionCount(filter.not_());
  int count = 0;
  for (const v1::Filter& part : filter.all_of()) count += ConditionCount(part);
  for (const v1::Filter& part : filter.any_of()) count += ConditionCount(part);
  return count;
}

absl::Duration PickWindow(Dice& dice, const History& history) {
  absl::Duration window = absl::Hours(dice.OneIn(4) ? dice.Between(1, 24) : dice.Between(24, 24 * 10));
  // Exactly between two events, or a microsecond beside that.
  if (history.events.size() >= 2 && dice.OneIn(3)) {
    window = absl::AbsDuration(dice.Pick(history.events).time - dice.Pick(history.events).time) +
             absl::Microseconds(dice.Between(-1, 1));
  }
  return std::min(std::max(window, absl::Microseconds(1)), absl::Hours(366 * 24));
}

// Mostly one name that occurs, so that attempts get far.
std::string PickName(Dice& dice, const History& history) {
  if (history.events.empty() || dice.OneIn(10))
    return std::string(1, static_cast<char>('a' + dice.Between(0, 3)));
  return dice.Pick(history.events).name;
}

v1::FunnelStep PickStep(Dice& dice, const History& history) {
  v1::FunnelStep step;
  if (dice.OneIn(6)) {
    for (const std::string& name : PickNames(dice, 3)) step.add_event_names(name);
    step.set_any_event(step.event_names().empty());
  } else {
    step.add_event_names(PickName(dice, history));
  }
  if (dice.OneIn(6)) *step.mutable_filter() = MakeRandomFilter(dice, 2);
  return step;
}

v1::FunnelExclusion PickExclusion(Dice& dice, const History& history, int steps) {
  v1::FunnelExclusion exclusion;
  exclusion.add_event_names(PickName(dice, history));
  if (dice.OneIn(6)) *exclusion.mutable_filter() = MakeRandomFilter(dice, 2);
  if (dice.OneIn(2)) {
    exclusion.set_from_step(static_cast<int>(dice.Between(1, steps - 1)));
    exclusion.set_to_step(static_cast<int>(dice.Between(exclusion.from_step() + 1, steps)));
  }
  return exclusion;
}

// Whether the service takes it: what it refuses, such as an exclusion that is a step, is drawn again.
bool IsValid(const v1::GetFunnelRequest& request) {
  const query::QueryContext context = {{1, "default", "UTC"}, absl::UnixEpoch()};
  return query::ResolveFunnel(request, context).ok();
}

}  // namespace

FunnelByDefinitionQuestion QuestionByDefinition(const v1::GetFunnelRequest& request,
                                                const v1::ResolvedScope& scope, const History& history) {
  FunnelByDefinitionQuestion question;
  for (const v1::FunnelStep& step : request.steps()) {
    question.steps.push_back({{step.event_names().begin(), step.event_names().end()},
                              TestOf(step, history),
                              ConditionCount(step.filter())});
  }
  for (const v1::FunnelExclusion& exclusion : request.exclusions()) {
    question.exclusions.push_back({{exclusion.event_names().begin(), exclusion.event_names().end()},
                                   TestOf(exclusion, history),
                                   std::max(1, exclusion.from_step()),
                                   exclusion.to_step() == 0 ? request.steps_size() : exclusion.to_step()});
  }
  question.start = *FromProto(scope.start_time(), "start");
  question.end = *FromProto(scope.end_time(), "end");
  question.as_of = *FromProto(scope.as_of_time(), "as_of");
  question.window = request.has_window() ? *FromProto(request.window(), "window") : absl::Hours(14 * 24);
  question.by_session = request.actor() == v1::ACTOR_SESSION;
  if (request.order() != v1::FUNNEL_ORDER_UNSPECIFIED) question.order = request.order();
  question.all_steps = request.range_applies_to() == v1::FUNNEL_RANGE_ALL_STEPS;
  question.ties_by_event_order = request.ties() == v1::FUNNEL_TIES_BY_EVENT_ORDER;
  question.held = {request.hold_constant().begin(), request.hold_constant().end()};
  question.breakdown = request.breakdown();
  if (request.attribution() != v1::FUNNEL_ATTRIBUTION_UNSPECIFIED) {
    question.attribution = request.attribution();
  }
  question.attribution_step = request.attribution_step();
  if (!request.has_series()) return question;
  question.series_buckets = PeriodsByDefinition(scope.time_zone(), request.series().granularity(),
                                                scope.week_start(), question.start, question.end);
  question.series_from_step = std::max(1, request.series().from_step());
  question.series_to_step =
      request.series().to_step() == 0 ? request.steps_size() : request.series().to_step();
  return question;
}

RandomTrial<v1::GetFunnelRequest> MakeRandomFunnelTrial(Dice& dice, RandomHistoryOptions options) {
  const RandomSetting setting = PickSetting(dice);
  RandomTrial<v1::GetFunnelRequest> trial;
  trial.time_zone = setting.time_zone;
  // Few events show little.
  const size_t least = dice.OneIn(8) ? 0 : options.most_events / 2;
  do {
    trial.history = MakeRandomHistory(dice, setting, options);
  } while (trial.history.events.size() < least);
  const bool is_dense = !dice.OneIn(4);
  const bool has_all_names = !dice.OneIn(4);
  for (HistoryEvent& event : trial.history.events) {
    const bool is_far = absl::AbsDuration(event.time - setting.center) > absl::Hours(24 * 5);
    if (is_dense && is_far) event.time = setting.center + absl::Hours(dice.Between(-60, 60));
    if (has_all_names) event.name = std::string(1, static_cast<char>('a' + dice.Between(0, 3)));
  }
  AddRandomProperties(dice, trial.history);
  v1::Scope& scope = *trial.request.mutable_scope();
  scope = MakeRandomScope(dice, setting);
  if (!dice.OneIn(4)) {
    // Most events lie there.
    v1::Interval& interval = *scope.mutable_interval();
    *interval.mutable_start_time() = donut::ToProto(setting.center - absl::Hours(24 * dice.Between(2, 5)));
    *interval.mutable_end_time() = donut::ToProto(setting.center + absl::Hours(24 * dice.Between(1, 5)));
    *scope.mutable_as_of_time() = donut::ToProto(setting.center + absl::Hours(24 * dice.Between(4, 400)));
  }
  if (!trial.history.events.empty() && dice.OneIn(6)) {
    *scope.mutable_as_of_time() = donut::ToProto(dice.Pick(trial.history.events).time);
  }
  if (dice.OneIn(5)) *scope.mutable_filter() = MakeRandomFilter(dice);
  AddRandomFunnel(dice, trial.history, trial.request);
  return trial;
}

void AddRandomFunnel(Dice& dice, History& history, v1::GetFunnelRequest& request) {
  // Two values, one of them as a text and as a number.
  static const std::vector<std::string>& values = *new std::vector<std::string>{"1", "\"1\"", "2"};
  for (HistoryEvent& event : history.events) {
    if (!dice.OneIn(6)) event.properties["h"] = dice.Pick(values);
  }
  const v1::Scope scope = request.scope();
  // Not drawn again with the rest, or what is often refused would be rare.
  const auto order = static_cast<v1::FunnelOrder>(dice.Between(0, 3));
  const bool excludes = order != v1::FUNNEL_ORDER_STRICT && dice.OneIn(2);
  do {
    request.Clear();
    *request.mutable_scope() = scope;
    request.set_order(order);
    const int steps = static_cast<int>(excludes ? dice.Between(2, 4) : dice.Between(1, 6));
    for (int i = 0; i < steps; ++i) *request.add_steps() = PickStep(dice, history);
    if (!dice.OneIn(4)) *request.mutable_window() = donut::ToProto(PickWindow(dice, history));
    if (dice.OneIn(4)) request.set_actor(v1::ACTOR_SESSION);
    if (dice.OneIn(3)) request.set_range_applies_to(v1::FUNNEL_RANGE_ALL_STEPS);
    if (dice.OneIn(3)) request.set_ties(v1::FUNNEL_TIES_BY_EVENT_ORDER);
    for (int64_t i = excludes ? dice.Between(1, 2) : 0; i > 0; --i) {
      *request.add_exclusions() = PickExclusion(dice, history, steps);
    }
    if (dice.OneIn(4)) request.add_hold_constant("h");
    if (dice.OneIn(12)) request.add_hold_constant("feature");
  } while (!IsValid(request));
}

void AddRandomFunnelReports(Dice& dice, v1::GetFunnelRequest& request) {
  const v1::GetFunnelRequest before = request;
  do {
    request = before;
    if (dice.OneIn(2)) {
      v1::Breakdown& breakdown = *request.mutable_breakdown();
      const int64_t subject = dice.Between(1, 4);
      if (subject == 1) breakdown.set_event_name(true);
      if (subject == 2) breakdown.set_user_property("p");
      if (subject >= 3) breakdown.set_event_property(dice.OneIn(2) ? "p" : "feature");
      if (subject > 1 && dice.OneIn(4)) breakdown.add_nested_keys("x");
      if (dice.OneIn(2)) breakdown.set_limit(static_cast<int>(dice.Between(1, 2)));
      if (subject != 2) request.set_attribution(static_cast<v1::FunnelAttribution>(dice.Between(0, 4)));
      if (request.attribution() == v1::FUNNEL_ATTRIBUTION_STEP) {
        request.set_attribution_step(static_cast<int>(dice.Between(1, request.steps_size())));
      }
    }
    if (dice.OneIn(3)) {
      v1::HistogramBins& bins = *request.mutable_histogram();
      const int64_t kind = dice.Between(1, 3);
      if (kind == 1) bins.set_count(static_cast<int>(dice.Between(1, 5)));
      if (kind == 2) bins.set_rule(static_cast<v1::HistogramRule>(dice.Between(1, 4)));
      absl::Duration edge = absl::Hours(dice.Between(0, 2));
      for (int64_t i = kind == 3 ? dice.Between(1, 4) : 0; i > 0; --i) {
        *bins.mutable_edges()->add_edges() = donut::ToProto(edge);
        edge += absl::Minutes(30 * dice.Between(1, 200));
      }
    }
    if (dice.OneIn(3)) {
      v1::FunnelSeries& series = *request.mutable_series();
      series.set_granularity(static_cast<v1::Granularity>(dice.Between(1, 4)));
      if (dice.OneIn(2)) series.set_from_step(static_cast<int>(dice.Between(1, request.steps_size())));
      if (dice.OneIn(2)) series.set_to_step(static_cast<int>(dice.Between(1, request.steps_size())));
    }
  } while (!IsValid(request));
}

}  // namespace donut::testing
