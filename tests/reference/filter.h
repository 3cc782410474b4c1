// Filters by their definition: one event is looked at as JSON, one condition at a time. For tests.
// No state.
#pragma once

#include <functional>

#include "common/proto_alias.h"
#include "donut/analytics/v1/filter.pb.h"
#include "tests/reference/history.h"

namespace donut::testing {

bool PassesByDefinition(const v1::Filter& filter, const HistoryEvent& event, const History& history);

// The history as a metric with this filter sees it: what does not pass has never been there.
History EventsThatPass(const v1::Filter& filter, const History& history);

// For a part of a question that has a filter, or none: then everything passes. Points to `history`.
using EventTest = std::function<bool(const HistoryEvent&)>;
template <typename Message>
EventTest TestOf(const Message& message, const History& history) {
  if (!message.has_filter()) return [](const HistoryEvent&) { return true; };
  return [filter = message.filter(), &history](const HistoryEvent& event) {
    return PassesByDefinition(filter, event, history);
  };
}

}  // namespace donut::testing
