// What a pipeline funnel counts, as the statements and the fold both give it: the answer is made of it. No
// state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace donut::query {

// How many of each are listed.
struct PipelineFunnelLimits {
  size_t pipelines = 0;
  size_t phases = 0;
  size_t failures = 0;
};

// Of a list of durations, in microseconds. Percentiles as percentile_cont has them.
struct PipelineDurations {
  int64_t count = 0;
  double mean = 0;
  double median = 0;
  double p90 = 0;
  double p99 = 0;
  double min = 0;
  double max = 0;
};

struct PipelineStepCounts {
  int64_t runs = 0;
  // Phases only, as is all that follows.
  int64_t failed = 0;
  std::optional<int64_t> items_in;
  std::optional<int64_t> items_out;
  PipelineDurations durations;
};

struct PipelineFailureCount {
  std::string phase;
  std::string reason;
  int64_t runs = 0;
};

struct PipelineFunnelCounts {
  // Most runs first, as many as may be listed.
  std::vector<std::pair<std::string, int64_t>> pipelines;
  // What is counted below; empty when there was no run.
  std::string pipeline;
  std::vector<std::string> phases;
  // "started", the phases, "completed".
  std::vector<PipelineStepCounts> steps;
  int64_t runs = 0;
  int64_t completed = 0;
  int64_t failed = 0;
  int64_t first_attempt = 0;
  int64_t eventual = 0;
  PipelineDurations durations;
  // Most frequent first, as many as may be listed.
  std::vector<PipelineFailureCount> failures;
  // All of them.
  int64_t failure_runs = 0;
};

}  // namespace donut::query
