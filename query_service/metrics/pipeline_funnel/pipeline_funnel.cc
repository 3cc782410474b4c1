#include "query_service/metrics/pipeline_funnel/pipeline_funnel.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/limits.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/metrics_sql.h"
#include "query_service/rate.h"
#include "query_service/sql_values.h"

namespace donut::query {
namespace {

// The runs of one pipeline (or of all) in one scope, to ask several things about.
class Runs {
 public:
  Runs(const QueryScope& scope, pqxx::transaction_base& transaction)
      : scope_(scope), transaction_(transaction) {}

  template <typename... More>
  pqxx::result Ask(const char* statement, const std::optional<std::string>& pipeline, const More&... more) {
    return transaction_.exec_params(absl::StrCat(sql::kPipelineFunnelRuns, statement), scope_.project_id,
                                    ToPostgres(scope_.start), ToPostgres(scope_.end),
                                    ToPostgres(scope_.as_of), pipeline, more...);
  }

 private:
  const QueryScope& scope_;
  pqxx::transaction_base& transaction_;
};

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

void FoldPipelines(const pqxx::result& rows, v1::GetPipelineFunnelResponse& response) {
  for (const pqxx::row& row : rows) {
    v1::PipelineRunCount& pipeline = *response.add_pipelines();
    pipeline.set_pipeline(row["pipeline"].as<std::string>());
    pipeline.set_run_count(row["run_count"].as<int64_t>());
  }
}

void FoldOutcomes(const pqxx::row& row, v1::GetPipelineFunnelResponse& response) {
  const int64_t runs = row["run_count"].as<int64_t>();
  response.set_completed_count(row["completed_count"].as<int64_t>());
  response.set_failed_count(row["failed_count"].as<int64_t>());
  response.set_open_count(runs - response.completed_count() - response.failed_count());
  SetRate(ShareOf(row["first_attempt_count"].as<int64_t>(), runs),
          [&] { return response.mutable_first_attempt_success(); });
  SetRate(ShareOf(row["eventual_count"].as<int64_t>(), runs),
          [&] { return response.mutable_eventual_success(); });
  if (const auto duration = DurationStatisticsFromRow(row, "duration")) {
    *response.mutable_run_duration() = *duration;
  }
}

void FoldFailures(const pqxx::result& rows, v1::GetPipelineFunnelResponse& response) {
  int64_t other = rows.empty() ? 0 : rows[0]["failed_count"].as<int64_t>();
  for (const pqxx::row& row : rows) {
    v1::PipelineFailure& failure = *response.add_failures();
    failure.set_phase(row["phase"].as<std::string>());
    failure.set_reason(row["reason"].as<std::string>());
    failure.set_run_count(row["run_count"].as<int64_t>());
    other -= failure.run_count();
  }
  response.set_other_failure_count(other);
}

void FoldPhase(const pqxx::row& row, v1::PipelineFunnelStep& step) {
  if (const auto duration = DurationStatisticsFromRow(row, "duration")) *step.mutable_duration() = *duration;
  if (!row["items_in"].is_null()) step.set_items_in(row["items_in"].as<int64_t>());
  if (!row["items_out"].is_null()) step.set_items_out(row["items_out"].as<int64_t>());
  step.set_failed_count(row["failed_count"].as<int64_t>());
}

void FoldSteps(const pqxx::result& rows, const std::vector<std::string>& phases,
               v1::GetPipelineFunnelResponse& response) {
  int64_t first = 0;
  int64_t previous = 0;
  for (const pqxx::row& row : rows) {
    const size_t place = row["place"].as<size_t>();
    v1::PipelineFunnelStep& step = *response.add_steps();
    step.set_run_count(row["run_count"].as<int64_t>());
    if (place == 0) first = previous = step.run_count();
    const bool is_phase = place >= 1 && place <= phases.size();
    step.set_label(place == 0 ? "started" : is_phase ? phases[place - 1] : "completed");
    SetRate(ShareOf(step.run_count(), first), [&] { return step.mutable_conversion_from_first(); });
    SetRate(ShareOf(step.run_count(), previous), [&] { return step.mutable_conversion_from_previous(); });
    step.set_drop_off_count(previous - step.run_count());
    SetRate(ShareOf(step.drop_off_count(), previous), [&] { return step.mutable_drop_off(); });
    if (is_phase) FoldPhase(row, step);
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
  Runs runs(scope, transaction);

  v1::GetPipelineFunnelResponse response;
  *response.mutable_scope() = ToProto(scope);
  FoldPipelines(runs.Ask(sql::kPipelineFunnelPipelines, std::nullopt, kMaxPipelines), response);
  response.set_pipeline(request.pipeline());
  if (request.pipeline().empty() && response.pipelines_size() > 0) {
    response.set_pipeline(response.pipelines(0).pipeline());
  }

  // No pipeline has the empty name: it finds no runs.
  const std::string& pipeline = response.pipeline();
  std::vector<std::string> phases(request.phases().begin(), request.phases().end());
  if (phases.empty()) {
    for (const pqxx::row& row : runs.Ask(sql::kPipelineFunnelPhases, pipeline, kMaxPipelinePhases)) {
      phases.push_back(row["phase"].as<std::string>());
    }
  }
  FoldSteps(runs.Ask(sql::kPipelineFunnelSteps, pipeline, ToPostgresArray(phases)), phases, response);
  FoldOutcomes(runs.Ask(sql::kPipelineFunnelOutcomes, pipeline)[0], response);
  FoldFailures(runs.Ask(sql::kPipelineFunnelFailures, pipeline, kMaxPipelineFailures), response);
  return response;
}

}  // namespace donut::query
