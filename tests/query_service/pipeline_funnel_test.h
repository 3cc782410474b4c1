// What the tests of the pipeline funnel share: each question is asked of both engines. Not thread-safe.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "query_service/metrics/pipeline_funnel/pipeline_funnel.h"
#include "tests/query_service/metric_test.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {

class PipelineFunnelTest : public MetricTest {
 protected:
  // Of both engines, which Ask compares.
  v1::GetPipelineFunnelResponse Answer(const v1::GetPipelineFunnelRequest& request) {
    const absl::StatusOr<v1::GetPipelineFunnelResponse> response = Ask(query::PipelineFunnel, request);
    EXPECT_OK(response);
    return response.ok() ? *response : v1::GetPipelineFunnelResponse();
  }
  void LoadAttempts(std::vector<HistoryAttempt> attempts) { Load({{}, std::move(attempts)}); }
};

// The minute of 1 March 2024.
inline absl::Time Minute(int minute) { return At("2024-03-01 00:00:00") + absl::Minutes(minute); }

inline v1::GetPipelineFunnelRequest PipelineInMarch() {
  v1::GetPipelineFunnelRequest request;
  request.mutable_scope()->mutable_interval()->set_start_date("2024-03-01");
  request.mutable_scope()->mutable_interval()->set_end_date("2024-04-01");
  return request;
}

inline HistoryAttempt Attempt(const std::string& run, int number, int started) {
  HistoryAttempt attempt;
  attempt.user = "ann";
  attempt.session = run;
  attempt.attempt = number;
  attempt.pipeline = "ingest";
  attempt.started = Minute(started);
  return attempt;
}

inline std::vector<std::string> StepLabels(const v1::GetPipelineFunnelResponse& response) {
  std::vector<std::string> labels;
  for (const auto& step : response.steps()) labels.push_back(step.label());
  return labels;
}
inline std::vector<int64_t> Runs(const v1::GetPipelineFunnelResponse& response) {
  std::vector<int64_t> runs;
  for (const auto& step : response.steps()) runs.push_back(step.run_count());
  return runs;
}

}  // namespace donut::testing
