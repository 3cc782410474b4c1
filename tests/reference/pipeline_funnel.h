// The pipeline funnel by its definition: every run is followed alone. And random runs to
// try it on. For tests. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "tests/reference/history.h"
#include "tests/reference/random_history.h"

namespace donut::testing {

struct PipelineFunnelQuestion {
  absl::Time start;
  absl::Time end;
  absl::Time as_of;
  // Empty: the one with the most runs.
  std::string pipeline;
  // None: those of the runs, in their usual order.
  std::vector<std::string> phases;
};

struct PipelineStepByDefinition {
  std::string label;
  int64_t runs = 0;
  // Phases only.
  int64_t failed = 0;
  std::vector<absl::Duration> durations = {};
  std::optional<int64_t> items_in = {};
  std::optional<int64_t> items_out = {};
};

struct PipelineFunnelByDefinitionResult {
  std::string pipeline;
  std::vector<std::pair<std::string, int64_t>> pipelines;
  std::vector<PipelineStepByDefinition> steps;
  int64_t completed = 0;
  int64_t failed = 0;
  int64_t open = 0;
  int64_t first_attempt = 0;
  int64_t eventual = 0;
  std::map<std::pair<std::string, std::string>, int64_t> failures;
  std::vector<absl::Duration> durations;
};

PipelineFunnelByDefinitionResult PipelineFunnelByDefinition(const History& history,
                                                            const PipelineFunnelQuestion& question);

// Attempts in any state that late, repeated and lost events can leave behind.
std::vector<HistoryAttempt> MakeRandomAttempts(Dice& dice, const RandomSetting& setting);

}  // namespace donut::testing
