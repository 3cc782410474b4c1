#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "tests/query_service/pipeline_funnel_test.h"
#include "tests/query_service/scanned_partitions.h"

namespace donut::testing {
namespace {

using ::testing::ElementsAre;

// Of 25,000 runs they would take minutes, and the planner cannot know how many there are.
TEST_F(PipelineFunnelTest, StatementsJoinWithoutNestedLoops) {
  LoadAttempts({Attempt("r1", 1, 0)});
  auto request = PipelineInMarch();
  request.mutable_scope()->set_engine(v1::ENGINE_SQL);
  const std::string plans = PlansOf(database(), [&](pqxx::transaction_base& transaction) {
    // As another metric of the same transaction may have left it.
    transaction.exec0("SET LOCAL enable_nestloop = on");
    EXPECT_OK(query::PipelineFunnel(request, context_, transaction));
  });
  // Two single rows are put side by side.
  EXPECT_EQ(std::vector<std::string>(absl::StrSplit(plans, "Nested Loop")).size(), 1 + 1) << plans;
}

// Four phases each, and every tenth run a second attempt: by the number of the run.
constexpr char kManyRuns[] = R"(
  INSERT INTO analytics_sessions (project_id, user_id, session_id, attempt, session_text, pipeline, started_at,
                                  completed_at, failed_at, failed_phase, failure_reason, last_moved_at)
  SELECT $1::int, hashint8extended(run % 20000, 1), hashint8extended(run, 2), attempt, 'run ' || run, 'ingest', started,
         CASE WHEN attempt = attempts THEN started + interval '1 hour' END,
         CASE WHEN attempt < attempts THEN started + interval '1 hour' END,
         CASE WHEN attempt < attempts THEN 'train' END, NULL, started
  FROM generate_series(1, 100000) AS run, LATERAL (SELECT CASE WHEN run % 10 = 0 THEN 2 ELSE 1 END AS attempts) AS a,
       generate_series(1, attempts) AS attempt,
       LATERAL (SELECT timestamptz '2024-03-01' + run * interval '20 seconds' + attempt * interval '2 hours' AS started) AS s;
)";
constexpr char kManyPhases[] = R"(
  INSERT INTO analytics_session_phases (project_id, user_id, session_id, attempt, phase, started_at, completed_at, items_in)
  SELECT project_id, user_id, session_id, attempt, phase, started_at + place * interval '10 minutes',
         CASE WHEN place < 3 OR failed_phase IS NULL THEN started_at + place * interval '10 minutes' + interval '1 minute' END,
         place
  FROM analytics_sessions, unnest(ARRAY['collect', 'clean', 'train', 'publish']) WITH ORDINALITY AS p (phase, place)
  WHERE project_id = $1::int)";

// A hundred thousand runs with nothing known of how many they are: a plan of nested loops would not come to
// an end.
TEST_F(PipelineFunnelTest, AnswersAHundredThousandRunsWithoutStatistics) {
  LoadAttempts({});
  {
    pqxx::work load(database().owner());
    load.exec_params(kManyRuns, context_.project.project_id);
    load.exec_params(kManyPhases, context_.project.project_id);
    load.commit();
  }
  pqxx::nontransaction(query_connection()).exec("SET statement_timeout = '2min'");
  const auto response = Answer(PipelineInMarch());
  pqxx::nontransaction(query_connection()).exec("RESET statement_timeout");
  EXPECT_THAT(StepLabels(response),
              ElementsAre("started", "collect", "clean", "train", "publish", "completed"));
  EXPECT_THAT(Runs(response), ElementsAre(100'000, 100'000, 100'000, 100'000, 100'000, 100'000));
  EXPECT_EQ(response.first_attempt_success().value(), 0.9);
  EXPECT_EQ(response.run_duration().count(), 100'000);
  EXPECT_EQ(response.steps(3).duration().count(), 100'000);
  EXPECT_EQ(response.steps(2).items_in(), 220'000);
  EXPECT_EQ(response.steps(2).duration().median_seconds(), 60);
}

}  // namespace
}  // namespace donut::testing
