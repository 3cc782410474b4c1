#include "query_service/events/event_plan.h"

#include <algorithm>
#include <set>
#include <utility>

namespace donut::query {

EventPlan::EventPlan(const EventQuestion& asked, std::map<int32_t, std::string> known_names)
    : question(asked), names(std::move(known_names)) {
  if (!question.filter.empty()) filter = Planned(question.filter.proto);
  for (const EventPredicate& predicate : question.predicates) {
    predicate_filters.emplace_back();
    if (!predicate.filter.empty()) predicate_filters.back() = Planned(predicate.filter.proto);
  }
  for (const EventBreakdown& value : question.values) values.push_back(ValueSourceOf(value.proto));
  for (const std::string& key : question.numbers) {
    values.push_back({ValueSource::Kind::kEventProperty, key, {}, true});
  }
}

FilterNode EventPlan::Planned(const v1::Filter& asked) {
  FilterNode node;
  if (asked.has_condition()) {
    node.condition = static_cast<int>(conditions.size());
    conditions.push_back({ValueSourceOf(asked.condition()), ValueTest(asked.condition())});
    return node;
  }
  if (asked.has_not_()) {
    node.kind = FilterNode::Kind::kNot;
    node.children.push_back(Planned(asked.not_()));
    return node;
  }
  node.kind = asked.all_of().empty() ? FilterNode::Kind::kAny : FilterNode::Kind::kAll;
  for (const v1::Filter& part : asked.all_of()) node.children.push_back(Planned(part));
  for (const v1::Filter& part : asked.any_of()) node.children.push_back(Planned(part));
  return node;
}

uint32_t EventPlan::MaskOfName(const std::string& name) const {
  uint32_t mask = 0;
  for (size_t i = 0; i < question.predicates.size(); ++i) {
    const std::vector<std::string>& wanted = question.predicates[i].names;
    const bool matches = wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end();
    if (matches) mask |= uint32_t{1} << i;
  }
  return mask;
}

std::vector<std::string> EventPlan::KeysOf(ValueSource::Kind kind) const {
  std::set<std::string> keys;
  for (const PlannedCondition& condition : conditions) {
    if (condition.source.kind == kind) keys.insert(condition.source.key);
  }
  for (const ValueSource& value : values) {
    if (value.kind == kind) keys.insert(value.key);
  }
  return {keys.begin(), keys.end()};
}

std::vector<std::string> EventPlan::EventKeys() const { return KeysOf(ValueSource::Kind::kEventProperty); }
std::vector<std::string> EventPlan::UserKeys() const { return KeysOf(ValueSource::Kind::kUserProperty); }

}  // namespace donut::query
