// The reserved names and property keys of pipeline events, as event.proto lists
// them: spoken by the client's tracker and understood by the collector.
#pragma once

namespace donut {

inline constexpr char kPipelineRunStarted[] = "pipeline_run_started";
inline constexpr char kPipelinePhaseStarted[] = "pipeline_phase_started";
inline constexpr char kPipelinePhaseCompleted[] = "pipeline_phase_completed";
inline constexpr char kPipelineRunCompleted[] = "pipeline_run_completed";
inline constexpr char kPipelineRunFailed[] = "pipeline_run_failed";

inline constexpr char kPipelineKey[] = "pipeline";
inline constexpr char kPhaseKey[] = "phase";
inline constexpr char kAttemptKey[] = "attempt";
inline constexpr char kItemsInKey[] = "items_in";
inline constexpr char kItemsOutKey[] = "items_out";
inline constexpr char kReasonKey[] = "reason";

}  // namespace donut
