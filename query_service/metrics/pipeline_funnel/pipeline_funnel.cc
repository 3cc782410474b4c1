#include "query_service/metrics/pipeline_funnel/pipeline_funnel.h"

#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/limits.h"
#include "common/status_macros.h"
#include "query_service/metrics/pipeline_funnel/pipeline_funnel_rows.h"
#include "query_service/metrics/pipeline_funnel/pipeline_funnel_statement.h"
#include "query_service/rate.h"

namespace donut::query {
namespace {

absl::Status CheckRequest(const v1::GetPipelineFunnelRequest& request) {
  RETURN_IF_ERROR(CheckText(request.pipeline(), limits::kMaxPipelineNameBytes, "pipeline"));
  if (request.phases_size() > kMaxPipelinePhases) {
    return InvalidField("phases", absl::StrCat("must have at most ", kMaxPipelinePhases, " phases"));
  }
  std::set<std::string> seen;
  for (int i = 0; i < request.phases_size(); ++i) {
    const std::string place = absl::StrCat("phases[", i, "]");
    if (request.phases(i).empty()) return InvalidField(place, "must not be empty");
    RETURN_IF_ERROR(CheckText(request.phases(i), limits::kMaxPhaseNameBytes, place));
    if (!seen.insert(request.phases(i)).second)
      return InvalidField(place, "must differ from the phases before it");
  }
  return absl::OkStatus();
}

std::optional<v1::DurationStatistics> ToProto(const PipelineDurations& durations) {
  if (durations.count == 0) return std::nullopt;
  // As DurationStatisticsFromRow: to nanoseconds, so that whole microseconds are whole.
  const auto seconds = [](double micros) { return std::round(micros * 1e3) / 1e9; };
  v1::DurationStatistics statistics;
  statistics.set_count(durations.count);
  statistics.set_mean_seconds(seconds(durations.mean));
  statistics.set_median_seconds(seconds(durations.median));
  statistics.set_p90_seconds(seconds(durations.p90));
  statistics.set_p99_seconds(seconds(durations.p99));
  statistics.set_min_seconds(seconds(durations.min));
  statistics.set_max_seconds(seconds(durations.max));
  return statistics;
}

void AnswerOutcomes(const PipelineFunnelCounts& counts, v1::GetPipelineFunnelResponse& response) {
  for (const auto& [pipeline, runs] : counts.pipelines) {
    v1::PipelineRunCount& row = *response.add_pipelines();
    row.set_pipeline(pipeline);
    row.set_run_count(runs);
  }
  response.set_completed_count(counts.completed);
  response.set_failed_count(counts.failed);
  response.set_open_count(counts.runs - counts.completed - counts.failed);
  SetRate(ShareOf(counts.first_attempt, counts.runs),
          [&] { return response.mutable_first_attempt_success(); });
  SetRate(ShareOf(counts.eventual, counts.runs), [&] { return response.mutable_eventual_success(); });
  if (const auto duration = ToProto(counts.durations)) *response.mutable_run_duration() = *duration;
}

void AnswerFailures(const PipelineFunnelCounts& counts, v1::GetPipelineFunnelResponse& response) {
  int64_t other = counts.failure_runs;
  for (const PipelineFailureCount& count : counts.failures) {
    v1::PipelineFailure& failure = *response.add_failures();
    failure.set_phase(count.phase);
    failure.set_reason(count.reason);
    failure.set_run_count(count.runs);
    other -= count.runs;
  }
  response.set_other_failure_count(other);
}

void AnswerPhase(const PipelineStepCounts& counts, v1::PipelineFunnelStep& step) {
  if (const auto duration = ToProto(counts.durations)) *step.mutable_duration() = *duration;
  if (counts.items_in) step.set_items_in(*counts.items_in);
  if (counts.items_out) step.set_items_out(*counts.items_out);
  step.set_failed_count(counts.failed);
}

void AnswerSteps(const PipelineFunnelCounts& counts, v1::GetPipelineFunnelResponse& response) {
  int64_t previous = counts.steps[0].runs;
  for (size_t place = 0; place < counts.steps.size(); ++place) {
    v1::PipelineFunnelStep& step = *response.add_steps();
    step.set_run_count(counts.steps[place].runs);
    const bool is_phase = place >= 1 && place <= counts.phases.size();
    step.set_label(place == 0 ? "started" : is_phase ? counts.phases[place - 1] : "completed");
    SetRate(ShareOf(step.run_count(), counts.steps[0].runs),
            [&] { return step.mutable_conversion_from_first(); });
    SetRate(ShareOf(step.run_count(), previous), [&] { return step.mutable_conversion_from_previous(); });
    step.set_drop_off_count(previous - step.run_count());
    SetRate(ShareOf(step.drop_off_count(), previous), [&] { return step.mutable_drop_off(); });
    if (is_phase) AnswerPhase(counts.steps[place], step);
    previous = step.run_count();
  }
}

}  // namespace

absl::StatusOr<v1::GetPipelineFunnelResponse> PipelineFunnel(const v1::GetPipelineFunnelRequest& request,
                                                             const QueryContext& context,
                                                             pqxx::transaction_base& transaction) {
  if (request.scope().has_filter()) {
    return InvalidField("scope.filter",
                        "must not be set: a pipeline funnel reads runs, and a filter is about events");
  }
  ASSIGN_OR_RETURN(const QueryScope scope, ResolveScope(request.scope(), context));
  RETURN_IF_ERROR(CheckRequest(request));
  const bool by_sql = request.scope().engine() == v1::ENGINE_SQL;
  const std::vector<std::string> phases(request.phases().begin(), request.phases().end());
  const PipelineFunnelLimits limits{kMaxPipelines, kMaxPipelinePhases, kMaxPipelineFailures};
  const PipelineFunnelCounts counts = (by_sql ? AskPipelineFunnel : FoldPipelineFunnel)(
      scope, request.pipeline(), phases, limits, transaction);

  v1::GetPipelineFunnelResponse response;
  *response.mutable_scope() = ToProto(scope);
  response.mutable_scope()->set_engine(by_sql ? v1::ENGINE_SQL : v1::ENGINE_HISTORY);
  response.set_pipeline(counts.pipeline);
  AnswerSteps(counts, response);
  AnswerOutcomes(counts, response);
  AnswerFailures(counts, response);
  return response;
}

}  // namespace donut::query
