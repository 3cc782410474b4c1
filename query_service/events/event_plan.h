// An EventQuestion made ready to be asked of blocks: its filters as trees over numbered conditions, its
// values as numbered sources, its names as ids. What depends on one block is source_tables.h. Immutable once
// made, so thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "query_service/events/event_question.h"
#include "query_service/events/value_test.h"

namespace donut::query {

// Where a value comes from.
struct ValueSource {
  enum class Kind { kEventProperty, kUserProperty, kEventName };
  Kind kind = Kind::kEventProperty;
  std::string key;
  std::vector<std::string> nested_keys;
  // Values of other types count as none.
  bool only_numbers = false;
};

// From a FilterCondition or a Breakdown.
template <typename Message>
ValueSource ValueSourceOf(const Message& message) {
  ValueSource source;
  if (message.subject_case() == Message::kEventName) {
    source.kind = ValueSource::Kind::kEventName;
    return source;
  }
  const bool of_user = message.subject_case() == Message::kUserProperty;
  source.kind = of_user ? ValueSource::Kind::kUserProperty : ValueSource::Kind::kEventProperty;
  source.key = of_user ? message.user_property() : message.event_property();
  source.nested_keys = {message.nested_keys().begin(), message.nested_keys().end()};
  return source;
}

struct PlannedCondition {
  ValueSource source;
  ValueTest test;
};

struct FilterNode {
  enum class Kind { kAll, kAny, kNot, kCondition };
  Kind kind = Kind::kCondition;
  std::vector<FilterNode> children;
  int condition = 0;  // of kCondition: its place in EventPlan::conditions
};

struct EventPlan {
  // `names`: those of the project, by id.
  EventPlan(const EventQuestion& question, std::map<int32_t, std::string> names);

  const EventQuestion question;
  const std::map<int32_t, std::string> names;
  std::vector<PlannedCondition> conditions;
  std::optional<FilterNode> filter;
  // Of each predicate, where it has one.
  std::vector<std::optional<FilterNode>> predicate_filters;
  std::vector<ValueSource> values;

  // The bits of the predicates that this name matches.
  uint32_t MaskOfName(const std::string& name) const;
  // The keys of event properties that are read, each once.
  std::vector<std::string> EventKeys() const;
  std::vector<std::string> UserKeys() const;

 private:
  FilterNode Planned(const v1::Filter& filter);
  std::vector<std::string> KeysOf(ValueSource::Kind kind) const;
};

}  // namespace donut::query
