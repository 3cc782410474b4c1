// Runs the funnel's statement: from a question to counts. The one place that knows the
// SQL of funnels. No state.
#pragma once

#include <cstdint>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "query_service/metrics/funnel_question.h"

namespace donut::query {

struct FunnelStepCount {
  // That reached this step or a later one.
  int64_t actors = 0;
  // Since the step before; nothing for the first.
  std::optional<v1::DurationStatistics> time_from_previous;
};

struct FunnelCounts {
  // As many as the question has.
  std::vector<FunnelStepCount> steps;
  // From the first step to the last; nothing for a funnel of one step.
  std::optional<v1::DurationStatistics> time_to_convert;
  int64_t actors_still_open = 0;
};

// The statement for a funnel of so many steps, with places for filters: {filter}, and {step_filter_n} for
// each step n of `filtered_steps`. Depends on nothing else.
std::string FunnelStatement(int steps, const std::vector<int>& filtered_steps = {});

// INVALID_ARGUMENT for a filter that the database cannot read. Throws pqxx exceptions.
absl::StatusOr<FunnelCounts> CountFunnel(const FunnelQuestion& question, pqxx::transaction_base& transaction);

}  // namespace donut::query
