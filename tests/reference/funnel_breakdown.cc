#include "tests/reference/funnel_breakdown.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "tests/reference/json_text.h"

namespace donut::testing {
namespace {

using FunnelActors = std::vector<FunnelActorByDefinition>;

std::vector<std::string> NestedKeys(const v1::Breakdown& breakdown) {
  return {breakdown.nested_keys().begin(), breakdown.nested_keys().end()};
}

std::optional<std::string> ValueOf(const HistoryEvent& event, const v1::Breakdown& breakdown) {
  if (breakdown.event_name()) return event.name;
  return JsonText(event.properties, breakdown.event_property(), NestedKeys(breakdown));
}

// The first or the last in event order, of the events that match any step and have a value.
std::optional<std::string> TouchOf(const std::vector<FunnelEventByDefinition>& events, bool first,
                                   const v1::Breakdown& breakdown) {
  const HistoryEvent* touch = nullptr;
  for (const FunnelEventByDefinition& read : events) {
    if (!read.is_any_step() || !ValueOf(read.event, breakdown)) continue;
    if (touch == nullptr || (first ? read.event < *touch : *touch < read.event)) touch = &read.event;
  }
  if (touch == nullptr) return std::nullopt;
  return ValueOf(*touch, breakdown);
}

}  // namespace

void AttributeByDefinition(const std::vector<FunnelEventByDefinition>& events, const History& history,
                           const FunnelByDefinitionQuestion& question, FunnelActorByDefinition& actor) {
  const v1::Breakdown& breakdown = question.breakdown;
  if (breakdown.subject_case() == v1::Breakdown::kUserProperty) {
    const auto user = history.user_properties.find(actor.user);
    if (user == history.user_properties.end()) return;
    actor.value = JsonText(user->second, breakdown.user_property(), NestedKeys(breakdown));
    return;
  }
  switch (question.attribution) {
    case v1::FUNNEL_ATTRIBUTION_STEP:
      actor.not_reached = actor.level() < question.attribution_step;
      if (!actor.not_reached) actor.value = ValueOf(actor.attempt[question.attribution_step - 1], breakdown);
      return;
    case v1::FUNNEL_ATTRIBUTION_FIRST_TOUCH:
      actor.value = TouchOf(events, true, breakdown);
      return;
    case v1::FUNNEL_ATTRIBUTION_LAST_TOUCH:
      actor.value = TouchOf(events, false, breakdown);
      return;
    default:
      actor.value = ValueOf(actor.attempt[0], breakdown);
  }
}

void BreakDownByDefinition(const FunnelByDefinitionQuestion& question, FunnelByDefinitionAnswer& answer) {
  std::map<std::string, FunnelActors> values;
  std::set<std::string> values_of_other;
  FunnelActors other;
  FunnelActors none;
  FunnelActors not_reached;
  for (const FunnelActorByDefinition& actor : answer.each_actor) {
    FunnelActors& row = actor.not_reached ? not_reached : actor.value ? values[*actor.value] : none;
    row.push_back(actor);
  }
  answer.value_count = static_cast<int64_t>(values.size());
  std::vector<std::pair<std::string, FunnelActors>> ranked(values.begin(), values.end());
  // Stable, and the map has them in the order of bytes already.
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.second.size() > b.second.size(); });
  const size_t limit = question.breakdown.limit() == 0 ? 10 : question.breakdown.limit();
  for (size_t i = 0; i < ranked.size(); ++i) {
    const auto& [value, actors] = ranked[i];
    if (i >= limit) {
      other.insert(other.end(), actors.begin(), actors.end());
      values_of_other.insert(value);
      continue;
    }
    FunnelRowByDefinition& row = answer.rows.emplace_back();
    row.value.set_text(value);
    row.counts = CountByDefinition(actors, question);
    row.actors = actors;
  }
  for (FunnelActors* actors : {&answer.each_actor, &other}) {
    for (FunnelActorByDefinition& actor : *actors) {
      actor.in_other = actor.value && values_of_other.count(*actor.value) > 0;
    }
  }
  const auto add = [&](const FunnelActors& actors, void (v1::BreakdownValue::*set)(bool)) {
    if (actors.empty()) return;
    FunnelRowByDefinition& row = answer.rows.emplace_back();
    (row.value.*set)(true);
    row.counts = CountByDefinition(actors, question);
    row.actors = actors;
  };
  add(other, &v1::BreakdownValue::set_other);
  add(none, &v1::BreakdownValue::set_none);
  add(not_reached, &v1::BreakdownValue::set_not_reached);
}

FunnelActors ActorsOfRowByDefinition(const FunnelByDefinitionAnswer& answer, const v1::BreakdownValue& row) {
  for (const FunnelRowByDefinition& one : answer.rows) {
    if (one.value.SerializeAsString() == row.SerializeAsString()) return one.actors;
  }
  FunnelActors actors;
  for (const FunnelActorByDefinition& actor : answer.each_actor) {
    if (row.has_text() && actor.in_other && actor.value == row.text()) actors.push_back(actor);
  }
  return actors;
}

FunnelCountsByDefinition CountByDefinition(const FunnelActors& actors,
                                           const FunnelByDefinitionQuestion& question) {
  const size_t steps = question.steps.size();
  FunnelCountsByDefinition counts;
  counts.actors.resize(steps);
  counts.from_previous.resize(steps);
  for (const FunnelActorByDefinition& actor : actors) {
    const std::vector<HistoryEvent>& attempt = actor.attempt;
    for (size_t i = 0; i < attempt.size(); ++i) {
      ++counts.actors[i];
      if (i > 0) counts.from_previous[i].push_back(attempt[i].time - attempt[i - 1].time);
    }
    if (attempt.size() == steps && steps > 1) {
      counts.to_convert.push_back(attempt.back().time - attempt.front().time);
    }
    if (actor.open) ++counts.still_open;
  }
  return counts;
}

}  // namespace donut::testing
