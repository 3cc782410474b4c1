#include "tests/query_service/pipeline_funnel_test.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/proto_time.h"
#include "tests/query_service/scanned_partitions.h"
#include "tests/reference/pipeline_funnel.h"
#include "tests/reference/random_comparison.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

HistoryPhase Phase(const std::string& name, int started, int completed) {
  return {name, Minute(started), Minute(completed)};
}
HistoryPhase OpenPhase(const std::string& name, int started) { return {name, Minute(started)}; }

// The example of docs/metrics/pipeline_funnel.md.
TEST_F(PipelineFunnelTest, AnswersTheExampleOfThePage) {
  HistoryAttempt done = Attempt("r1", 1, 0);
  done.phases = {Phase("collection", 0, 10), Phase("cleaning", 10, 30)};
  done.completed = Minute(30);
  HistoryAttempt failed = Attempt("r2", 1, 0);
  failed.phases = {Phase("collection", 0, 20), OpenPhase("cleaning", 20)};
  failed.failed = Minute(25);
  failed.failed_phase = "cleaning";
  failed.failure_reason = "no space";
  HistoryAttempt open = Attempt("r3", 1, 0);
  open.phases = {OpenPhase("collection", 0)};
  LoadAttempts({done, failed, open});

  const auto response = Answer(PipelineInMarch());
  EXPECT_EQ(response.pipeline(), "ingest");
  EXPECT_THAT(StepLabels(response), ElementsAre("started", "collection", "cleaning", "completed"));
  EXPECT_THAT(Runs(response), ElementsAre(3, 2, 1, 1));
  EXPECT_EQ(response.completed_count(), 1);
  EXPECT_EQ(response.failed_count(), 1);
  EXPECT_EQ(response.open_count(), 1);
  const v1::PipelineFunnelStep& cleaning = response.steps(2);
  EXPECT_EQ(cleaning.failed_count(), 1);
  EXPECT_EQ(cleaning.drop_off_count(), 1);
  EXPECT_EQ(cleaning.conversion_from_previous().value(), 0.5);
  EXPECT_DOUBLE_EQ(cleaning.conversion_from_first().value(), 1.0 / 3);
  EXPECT_EQ(cleaning.drop_off().value(), 0.5);
  EXPECT_EQ(cleaning.duration().count(), 1);
  EXPECT_EQ(cleaning.duration().median_seconds(), 20 * 60);
  EXPECT_EQ(response.steps(1).duration().mean_seconds(), 15 * 60);
  EXPECT_EQ(response.run_duration().max_seconds(), 30 * 60);
  ASSERT_THAT(response.failures(), SizeIs(1));
  EXPECT_EQ(response.failures(0).phase(), "cleaning");
  EXPECT_EQ(response.failures(0).reason(), "no space");
  EXPECT_FALSE(response.steps(0).has_duration());
  EXPECT_FALSE(response.steps(1).has_items_in());
}

TEST_F(PipelineFunnelTest, SkippedPhaseStopsTheRunInTheFunnel) {
  HistoryAttempt attempt = Attempt("r1", 1, 0);
  attempt.phases = {Phase("a", 0, 1), Phase("c", 2, 3)};
  attempt.completed = Minute(4);
  LoadAttempts({attempt});
  auto request = PipelineInMarch();
  for (const char* phase : {"a", "b", "c"}) request.add_phases(phase);
  const auto response = Answer(request);
  EXPECT_THAT(Runs(response), ElementsAre(1, 1, 0, 0, 0));
  EXPECT_EQ(response.completed_count(), 1);
  EXPECT_FALSE(response.steps(3).has_conversion_from_previous());
}

TEST_F(PipelineFunnelTest, PhasesOfAllAttemptsCountTogether) {
  HistoryAttempt first = Attempt("r1", 1, 0);
  first.phases = {Phase("a", 0, 1)};
  first.failed = Minute(2);
  HistoryAttempt second = Attempt("r1", 2, 10);
  second.phases = {Phase("b", 10, 11)};
  second.completed = Minute(12);
  LoadAttempts({first, second});
  const auto response = Answer(PipelineInMarch());
  EXPECT_THAT(Runs(response), ElementsAre(1, 1, 1, 1));
  EXPECT_EQ(response.completed_count(), 1);
  EXPECT_EQ(response.failed_count(), 0);
  EXPECT_THAT(response.failures(), IsEmpty());
  EXPECT_EQ(response.first_attempt_success().value(), 0);
  EXPECT_EQ(response.eventual_success().value(), 1);
}

TEST_F(PipelineFunnelTest, RunBelongsToTheIntervalOfItsFirstAttempt) {
  HistoryAttempt first = Attempt("r1", 1, -60);
  HistoryAttempt second = Attempt("r1", 2, 60);
  LoadAttempts({first, second});
  EXPECT_THAT(Runs(Answer(PipelineInMarch())), ElementsAre(0, 0));
  auto request = PipelineInMarch();
  request.mutable_scope()->mutable_interval()->set_start_date("2024-02-01");
  EXPECT_THAT(Runs(Answer(request)), ElementsAre(1, 0));
}

TEST_F(PipelineFunnelTest, WhatHappenedAfterAsOfHasNotHappened) {
  HistoryAttempt first = Attempt("r1", 1, 0);
  first.failed = Minute(10);
  first.failed_phase = "a";
  HistoryAttempt second = Attempt("r1", 2, 20);
  second.completed = Minute(30);
  LoadAttempts({first, second});
  auto request = PipelineInMarch();
  const auto at = [&](int minute) {
    *request.mutable_scope()->mutable_as_of_time() = donut::ToProto(Minute(minute));
    return Answer(request);
  };
  EXPECT_EQ(at(9).open_count(), 1);
  EXPECT_EQ(at(10).failed_count(), 1);
  EXPECT_EQ(at(20).open_count(), 1);
  EXPECT_EQ(at(30).completed_count(), 1);
  EXPECT_THAT(Runs(at(-1)), ElementsAre(0, 0));
}

TEST_F(PipelineFunnelTest, AttemptThatCompletedAndFailedIsCompleted) {
  HistoryAttempt attempt = Attempt("r1", 1, 0);
  attempt.completed = Minute(1);
  attempt.failed = Minute(2);
  LoadAttempts({attempt});
  const auto response = Answer(PipelineInMarch());
  EXPECT_EQ(response.completed_count(), 1);
  EXPECT_EQ(response.failed_count(), 0);
}

TEST_F(PipelineFunnelTest, UsualOrderIsTheMedianPlaceNotTheAlphabet) {
  HistoryAttempt usual = Attempt("r1", 1, 0);
  usual.phases = {Phase("z", 0, 1), Phase("a", 1, 2)};
  HistoryAttempt odd = Attempt("r2", 1, 0);
  odd.phases = {Phase("a", 0, 1), Phase("z", 1, 2)};
  HistoryAttempt another = Attempt("r3", 1, 0);
  another.phases = {Phase("z", 0, 1), Phase("a", 1, 2)};
  LoadAttempts({usual, odd, another});
  EXPECT_THAT(StepLabels(Answer(PipelineInMarch())), ElementsAre("started", "z", "a", "completed"));
}

TEST_F(PipelineFunnelTest, ItemsAreSummedOverCompletions) {
  HistoryAttempt first = Attempt("r1", 1, 0);
  first.phases = {Phase("a", 0, 1)};
  first.phases[0].items_in = 10;
  HistoryAttempt second = Attempt("r2", 1, 0);
  second.phases = {Phase("a", 0, 1), OpenPhase("b", 1)};
  second.phases[0].items_in = 5;
  second.phases[0].items_out = 4;
  second.phases[1].items_in = 4;
  LoadAttempts({first, second});
  const auto response = Answer(PipelineInMarch());
  EXPECT_EQ(response.steps(1).items_in(), 15);
  EXPECT_EQ(response.steps(1).items_out(), 4);
  EXPECT_FALSE(response.steps(2).has_items_in());
}

TEST_F(PipelineFunnelTest, ChoosesThePipelineWithTheMostRunsAndListsAll) {
  HistoryAttempt other = Attempt("r3", 1, 0);
  other.pipeline = "train";
  LoadAttempts({Attempt("r1", 1, 0), Attempt("r2", 1, 0), other});
  auto response = Answer(PipelineInMarch());
  EXPECT_EQ(response.pipeline(), "ingest");
  ASSERT_THAT(response.pipelines(), SizeIs(2));
  EXPECT_EQ(response.pipelines(1).pipeline(), "train");
  EXPECT_EQ(response.pipelines(1).run_count(), 1);
  auto request = PipelineInMarch();
  request.set_pipeline("train");
  EXPECT_THAT(Runs(Answer(request)), ElementsAre(1, 0));
}

TEST_F(PipelineFunnelTest, FailuresBeyondTheLimitAreSummedUp) {
  std::vector<HistoryAttempt> attempts;
  for (int i = 0; i < query::kMaxPipelineFailures + 3; ++i) {
    HistoryAttempt attempt = Attempt(absl::StrCat("r", i), 1, 0);
    attempt.failed = Minute(1);
    attempt.failure_reason = absl::StrCat("reason ", i);
    attempts.push_back(attempt);
  }
  attempts[5].failure_reason = "reason 0";
  LoadAttempts(attempts);
  const auto response = Answer(PipelineInMarch());
  EXPECT_THAT(response.failures(), SizeIs(query::kMaxPipelineFailures));
  EXPECT_EQ(response.failures(0).reason(), "reason 0");
  EXPECT_EQ(response.failures(0).run_count(), 2);
  EXPECT_EQ(response.other_failure_count(), 2);
}

TEST_F(PipelineFunnelTest, NoRunIsAnEmptyFunnelWithoutRates) {
  LoadAttempts({});
  const auto response = Answer(PipelineInMarch());
  EXPECT_EQ(response.pipeline(), "");
  EXPECT_THAT(StepLabels(response), ElementsAre("started", "completed"));
  EXPECT_FALSE(response.steps(0).has_conversion_from_first());
  EXPECT_FALSE(response.has_eventual_success());
  EXPECT_FALSE(response.has_run_duration());
}

TEST_F(PipelineFunnelTest, NameOfAPhaseIsAValueWhateverItSays) {
  const std::string hostile = "a', \"b\\\", {NULL}%_";
  HistoryAttempt attempt = Attempt("r1", 1, 0);
  attempt.pipeline = hostile;
  attempt.phases = {Phase(hostile, 0, 1), Phase("NULL", 1, 2)};
  LoadAttempts({attempt});
  auto request = PipelineInMarch();
  request.set_pipeline(hostile);
  EXPECT_THAT(StepLabels(Answer(request)), ElementsAre("started", hostile, "NULL", "completed"));
  request.add_phases(hostile);
  request.add_phases("NULL");
  EXPECT_THAT(Runs(Answer(request)), ElementsAre(1, 1, 1, 0));
}

TEST_F(PipelineFunnelTest, ReadsNoEvents) {
  EXPECT_THAT(ScannedPartitions(database(),
                                [&](pqxx::transaction_base& transaction) {
                                  EXPECT_OK(query::PipelineFunnel(PipelineInMarch(), context_, transaction));
                                }),
              IsEmpty());
}

TEST_F(PipelineFunnelTest, RefusesWithFieldAndRule) {
  const auto refused = [&](const v1::GetPipelineFunnelRequest& request, const std::string& field,
                           const std::string& rule) {
    EXPECT_THAT(Ask(query::PipelineFunnel, request),
                StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr(field), HasSubstr(rule))));
  };
  auto request = PipelineInMarch();
  request.set_pipeline(std::string(201, 'x'));
  refused(request, "pipeline", "at most 200 bytes");
  request = PipelineInMarch();
  for (int i = 0; i < 51; ++i) request.add_phases(absl::StrCat("p", i));
  refused(request, "phases", "at most 50");
  request = PipelineInMarch();
  request.add_phases("a");
  request.add_phases("a");
  refused(request, "phases[1]", "must differ");
  request = PipelineInMarch();
  request.add_phases("");
  refused(request, "phases[0]", "must not be empty");
}

// percentile_cont: linear between the two nearest ranks.
double Percentile(const std::vector<double>& sorted, double share) {
  const double rank = share * static_cast<double>(sorted.size() - 1);
  const size_t below = static_cast<size_t>(std::floor(rank));
  const size_t above = static_cast<size_t>(std::ceil(rank));
  return sorted[below] + (rank - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::string ShowDurations(const v1::DurationStatistics& statistics) {
  return absl::StrFormat("%d durations, mean %.6g median %.6g p90 %.6g p99 %.6g min %.6g max %.6g",
                         statistics.count(), statistics.mean_seconds(), statistics.median_seconds(),
                         statistics.p90_seconds(), statistics.p99_seconds(), statistics.min_seconds(),
                         statistics.max_seconds());
}

std::string ShowDurations(const std::vector<absl::Duration>& durations) {
  v1::DurationStatistics statistics;
  if (durations.empty()) return ShowDurations(statistics);
  std::vector<double> seconds;
  double sum = 0;
  for (const absl::Duration duration : durations) seconds.push_back(absl::ToDoubleSeconds(duration));
  std::sort(seconds.begin(), seconds.end());
  for (const double value : seconds) sum += value;
  statistics.set_count(static_cast<int64_t>(seconds.size()));
  statistics.set_mean_seconds(sum / static_cast<double>(seconds.size()));
  statistics.set_median_seconds(Percentile(seconds, 0.5));
  statistics.set_p90_seconds(Percentile(seconds, 0.9));
  statistics.set_p99_seconds(Percentile(seconds, 0.99));
  statistics.set_min_seconds(seconds.front());
  statistics.set_max_seconds(seconds.back());
  return ShowDurations(statistics);
}

std::string ShowAnswer(const v1::GetPipelineFunnelResponse& response) {
  std::string text = absl::StrCat(response.pipeline(), "\n");
  for (const auto& row : response.pipelines())
    absl::StrAppend(&text, row.pipeline(), ":", row.run_count(), "\n");
  for (const auto& step : response.steps()) {
    absl::StrAppend(&text, step.label(), " ", step.run_count(), " failed ", step.failed_count(), " items ",
                    step.has_items_in() ? step.items_in() : -1, " ",
                    step.has_items_out() ? step.items_out() : -1, " ", ShowDurations(step.duration()), "\n");
  }
  const double runs = static_cast<double>(std::max<int64_t>(1, response.steps(0).run_count()));
  absl::StrAppend(&text, response.completed_count(), " ", response.failed_count(), " ", response.open_count(),
                  " ", std::lround(response.first_attempt_success().value() * runs), " ",
                  std::lround(response.eventual_success().value() * runs), " ",
                  ShowDurations(response.run_duration()), "\n");
  std::vector<std::string> failures;
  for (const auto& failure : response.failures()) {
    failures.push_back(absl::StrCat(failure.phase(), "/", failure.reason(), ":", failure.run_count(), "\n"));
  }
  std::sort(failures.begin(), failures.end());
  for (const std::string& failure : failures) text += failure;
  return text;
}

std::string ShowDefinition(const PipelineFunnelByDefinitionResult& expected) {
  std::string text = absl::StrCat(expected.pipeline, "\n");
  for (const auto& [pipeline, runs] : expected.pipelines) absl::StrAppend(&text, pipeline, ":", runs, "\n");
  for (const PipelineStepByDefinition& step : expected.steps) {
    absl::StrAppend(&text, step.label, " ", step.runs, " failed ", step.failed, " items ",
                    step.items_in.value_or(-1), " ", step.items_out.value_or(-1), " ",
                    ShowDurations(step.durations), "\n");
  }
  absl::StrAppend(&text, expected.completed, " ", expected.failed, " ", expected.open, " ",
                  expected.first_attempt, " ", expected.eventual, " ", ShowDurations(expected.durations),
                  "\n");
  for (const auto& [why, runs] : expected.failures) {
    absl::StrAppend(&text, why.first, "/", why.second, ":", runs, "\n");
  }
  return text;
}

TEST_F(PipelineFunnelTest, AgreesWithTheDefinitionOnRandomHistories) {
  using Request = v1::GetPipelineFunnelRequest;
  CompareOnRandomHistories<Request>(
      200,
      [](Dice& dice) {
        const RandomSetting setting = PickSetting(dice);
        Request request;
        *request.mutable_scope() = MakeRandomScope(dice, setting);
        if (dice.OneIn(3)) request.set_pipeline("train");
        if (dice.OneIn(3)) {
          for (const char* phase : {"q", "p", "never"}) {
            if (dice.OneIn(2)) request.add_phases(phase);
          }
        }
        return RandomTrial<Request>{{{}, MakeRandomAttempts(dice, setting)}, setting.time_zone, request};
      },
      [this](const RandomTrial<Request>& trial) -> std::string {
        Load(trial.history, trial.time_zone);
        const v1::GetPipelineFunnelResponse response = Answer(trial.request);
        PipelineFunnelQuestion question;
        question.start = *FromProto(response.scope().start_time(), "");
        question.end = *FromProto(response.scope().end_time(), "");
        question.as_of = *FromProto(response.scope().as_of_time(), "");
        question.pipeline = trial.request.pipeline();
        question.phases = {trial.request.phases().begin(), trial.request.phases().end()};
        const std::string got = ShowAnswer(response);
        const std::string wanted = ShowDefinition(PipelineFunnelByDefinition(trial.history, question));
        return got == wanted ? "" : absl::StrCat(got, "but by definition\n", wanted);
      });
}

}  // namespace
}  // namespace donut::testing
