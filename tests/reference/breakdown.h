// Breakdowns by their definition: one event is looked at as JSON. For tests. No state.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/proto_alias.h"
#include "donut/analytics/v1/breakdown.pb.h"
#include "tests/reference/history.h"

namespace donut::testing {

// The value as text. Nothing where it is not there, or null.
std::optional<std::string> ValueByDefinition(const v1::Breakdown& breakdown, const HistoryEvent& event,
                                             const History& history);

// The values that have rows of their own: those with the most, ties by bytes.
std::vector<std::string> TopValuesByDefinition(const std::map<std::string, int64_t>& counts, int limit);

}  // namespace donut::testing
