// The pipeline funnel from the rows of its runs, in a few passes: what the statements say in seconds for
// 100,000 runs. First every attempt, then Choose, then every phase, then Count. Knows no database and no
// protobuf. Not thread-safe.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "query_service/metrics/pipeline_funnel/pipeline_funnel_counts.h"

namespace donut::query {

// Times are microseconds since any day, the same for all.
inline constexpr int64_t kPipelineNever = std::numeric_limits<int64_t>::min();
inline constexpr int64_t kNoPipelineItems = std::numeric_limits<int64_t>::min();

// user_id and session_id.
using PipelineRunKey = std::pair<int64_t, int64_t>;

struct PipelineAttemptRow {
  PipelineRunKey run;
  int32_t attempt = 0;
  // What Name gave; -1: NULL.
  int32_t pipeline = -1;
  int32_t failed_phase = -1;
  int32_t failure_reason = -1;
  int64_t started = kPipelineNever;
  int64_t completed = kPipelineNever;
  int64_t failed = kPipelineNever;
};

struct PipelinePhaseRow {
  PipelineRunKey run;
  int32_t attempt = 0;
  // What Name gave.
  int32_t phase = 0;
  int64_t started = kPipelineNever;
  int64_t completed = kPipelineNever;
  int64_t items_in = kNoPipelineItems;
  int64_t items_out = kNoPipelineItems;
};

class PipelineFunnelFold {
 public:
  // Runs started in [start, end), as they stood at as_of, inclusive.
  PipelineFunnelFold(int64_t start, int64_t end, int64_t as_of) : start_(start), end_(end), as_of_(as_of) {}

  // A number for a text, so that rows are short.
  int32_t Name(const std::string& text);
  void Reserve(size_t attempts) { runs_.reserve(attempts), numbers_.reserve(attempts); }

  // Those of other runs change nothing.
  void AddAttempt(const PipelineAttemptRow& row);
  // Empty: the pipeline with the most runs.
  void Choose(const std::string& pipeline, const PipelineFunnelLimits& limits);
  void AddPhase(const PipelinePhaseRow& row);
  // Empty: the usual phases.
  PipelineFunnelCounts Count(const std::vector<std::string>& phases);

 private:
  struct Run {
    // Of the attempts that started.
    int32_t first_attempt = std::numeric_limits<int32_t>::max();
    int32_t pipeline = -1;
    int64_t started = kPipelineNever;
    // Of all that was seen.
    int32_t latest_attempt = 0;
    // Of the latest row of which anything was seen.
    int32_t latest_row = 0;
    int32_t failed_phase = -1;
    int32_t failure_reason = -1;
    bool completed = false;
    bool failed = false;
    bool first_attempt_completed = false;
    bool any_completed = false;
    bool is_chosen = false;
    // The newest of its phases' rows.
    int32_t newest_phase = -1;
  };
  struct PhaseOfRun {
    int32_t phase = 0;
    // The one before it of the same run; -1: none.
    int32_t next = -1;
    int64_t started = kPipelineNever;
    int64_t completed = kPipelineNever;
  };
  // Of one phase, over all runs.
  struct PhaseTotals {
    std::vector<int64_t> durations;
    __int128 items_in = 0;
    __int128 items_out = 0;
    bool has_items_in = false;
    bool has_items_out = false;
  };
  struct Duration {
    int32_t run = 0;
    int64_t micros = 0;
  };

  int64_t Seen(int64_t time) const { return time <= as_of_ ? time : kPipelineNever; }
  void CountPipelines(size_t limit);
  std::vector<int32_t> UsualPhases() const;
  void CountDepths(const std::vector<int32_t>& phases);
  void CountOutcomes(const std::vector<int32_t>& phases);
  void CountTotals(const std::vector<int32_t>& phases);

  const int64_t start_;
  const int64_t end_;
  const int64_t as_of_;
  PipelineFunnelLimits limits_;
  std::vector<std::string> names_;
  absl::flat_hash_map<std::string, int32_t> names_by_text_;
  absl::flat_hash_map<PipelineRunKey, int32_t> numbers_;
  std::vector<Run> runs_;
  std::vector<Duration> durations_;
  std::vector<PhaseOfRun> phases_;
  // By name.
  std::vector<PhaseTotals> totals_;
  PipelineFunnelCounts counts_;
};

}  // namespace donut::query
