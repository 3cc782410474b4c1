#include "query_service/metrics/pipeline_funnel/pipeline_funnel_statement.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "common/proto_time.h"
#include "query_service/metrics_sql.h"
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
    // Runs that look few are joined with each other by nested loops: of 25,000 that takes minutes. Said by
    // each statement, as several share the transaction.
    transaction_.exec0("SET LOCAL enable_nestloop = off");
    return transaction_.exec_params(absl::StrCat(sql::kPipelineFunnelRuns, statement), scope_.project_id,
                                    ToPostgres(scope_.start), ToPostgres(scope_.end),
                                    ToPostgres(scope_.as_of), pipeline, more...);
  }

 private:
  const QueryScope& scope_;
  pqxx::transaction_base& transaction_;
};

PipelineDurations DurationsOf(const pqxx::row& row) {
  PipelineDurations durations;
  durations.count = row["duration_count"].as<int64_t>();
  if (durations.count == 0) return durations;
  durations.mean = row["duration_mean"].as<double>();
  durations.median = row["duration_median"].as<double>();
  durations.p90 = row["duration_p90"].as<double>();
  durations.p99 = row["duration_p99"].as<double>();
  durations.min = row["duration_min"].as<double>();
  durations.max = row["duration_max"].as<double>();
  return durations;
}

void ReadOutcomes(const pqxx::row& row, PipelineFunnelCounts& counts) {
  counts.runs = row["run_count"].as<int64_t>();
  counts.completed = row["completed_count"].as<int64_t>();
  counts.failed = row["failed_count"].as<int64_t>();
  counts.first_attempt = row["first_attempt_count"].as<int64_t>();
  counts.eventual = row["eventual_count"].as<int64_t>();
  counts.durations = DurationsOf(row);
}

std::optional<int64_t> ItemsOf(const pqxx::field& field) {
  return field.is_null() ? std::nullopt : std::optional(field.as<int64_t>());
}

}  // namespace

PipelineFunnelCounts AskPipelineFunnel(const QueryScope& scope, const std::string& pipeline,
                                       const std::vector<std::string>& phases,
                                       const PipelineFunnelLimits& limits,
                                       pqxx::transaction_base& transaction) {
  Runs runs(scope, transaction);
  PipelineFunnelCounts counts;
  for (const pqxx::row& row : runs.Ask(sql::kPipelineFunnelPipelines, std::nullopt, limits.pipelines)) {
    counts.pipelines.emplace_back(row["pipeline"].as<std::string>(), row["run_count"].as<int64_t>());
  }
  counts.pipeline = pipeline;
  if (pipeline.empty() && !counts.pipelines.empty()) counts.pipeline = counts.pipelines[0].first;

  // No pipeline has the empty name: it finds no runs.
  counts.phases = phases;
  if (phases.empty()) {
    for (const pqxx::row& row : runs.Ask(sql::kPipelineFunnelPhases, counts.pipeline, limits.phases)) {
      counts.phases.push_back(row["phase"].as<std::string>());
    }
  }
  for (const pqxx::row& row :
       runs.Ask(sql::kPipelineFunnelSteps, counts.pipeline, ToPostgresArray(counts.phases))) {
    counts.steps.push_back({row["run_count"].as<int64_t>(), row["failed_count"].as<int64_t>(),
                            ItemsOf(row["items_in"]), ItemsOf(row["items_out"]), DurationsOf(row)});
  }
  ReadOutcomes(runs.Ask(sql::kPipelineFunnelOutcomes, counts.pipeline)[0], counts);
  for (const pqxx::row& row : runs.Ask(sql::kPipelineFunnelFailures, counts.pipeline, limits.failures)) {
    counts.failures.push_back(
        {row["phase"].as<std::string>(), row["reason"].as<std::string>(), row["run_count"].as<int64_t>()});
    counts.failure_runs = row["failed_count"].as<int64_t>();
  }
  return counts;
}

}  // namespace donut::query
