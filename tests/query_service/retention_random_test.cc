// Retention against its definition, on random histories.

#include <string>

#include "absl/strings/str_cat.h"
#include "common/proto_time.h"
#include "gtest/gtest.h"
#include "query_service/metrics/retention.h"
#include "tests/query_service/random_metric_test.h"
#include "tests/reference/retention.h"

namespace donut::testing {
namespace {

constexpr int kHistories = 400;

std::string Show(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

RandomTrial<v1::GetRetentionRequest> MakeTrial(Dice& dice) {
  const RandomSetting setting = PickSetting(dice);
  RandomTrial<v1::GetRetentionRequest> trial = {MakeRandomHistory(dice, setting), setting.time_zone, {}};
  v1::GetRetentionRequest& request = trial.request;
  request.set_period(static_cast<v1::Granularity>(dice.Between(0, v1::GRANULARITY_MONTH)));
  *request.mutable_scope() =
      MakeRandomScope(dice, setting, request.period() == v1::GRANULARITY_HOUR ? 4 : 20);
  if (!trial.history.events.empty() && dice.OneIn(4)) {
    *request.mutable_scope()->mutable_as_of_time() = donut::ToProto(dice.Pick(trial.history.events).time);
  }
  int64_t offset = 0;
  for (int64_t i = dice.Between(1, 4); i > 0; --i) {
    offset += dice.Between(1, 3);
    request.add_offsets(static_cast<int32_t>(offset));
  }
  for (const std::string& name : PickNames(dice, 2)) request.add_start_event_names(name);
  for (const std::string& name : PickNames(dice, 3)) request.add_return_event_names(name);
  FilterSome(dice, trial);
  if (dice.OneIn(3)) *request.mutable_start_filter() = MakeRandomFilter(dice, 2);
  if (dice.OneIn(3)) *request.mutable_return_filter() = MakeRandomFilter(dice, 2);
  return trial;
}

RetentionByDefinitionQuestion Question(const v1::GetRetentionRequest& request, const query::QueryScope& scope,
                                       const History& history) {
  RetentionByDefinitionQuestion question;
  question.start = scope.start;
  question.end = scope.end;
  question.as_of = scope.as_of;
  question.time_zone = scope.time_zone;
  question.week_start = scope.week_start;
  question.period = request.period() == v1::GRANULARITY_UNSPECIFIED ? v1::GRANULARITY_DAY : request.period();
  question.offsets.assign(request.offsets().begin(), request.offsets().end());
  question.start_names.assign(request.start_event_names().begin(), request.start_event_names().end());
  question.return_names.assign(request.return_event_names().begin(), request.return_event_names().end());
  if (request.has_start_filter()) {
    question.passes_start = [&](const HistoryEvent& event) {
      return PassesByDefinition(request.start_filter(), event, history);
    };
  }
  if (request.has_return_filter()) {
    question.passes_return = [&](const HistoryEvent& event) {
      return PassesByDefinition(request.return_filter(), event, history);
    };
  }
  return question;
}

void Count(const std::string& what, int64_t got, int64_t expected, std::string& text) {
  if (got != expected) absl::StrAppend(&text, what, ": got ", got, ", expected ", expected, "\n");
}

void CompareCohort(const v1::RetentionCohort& got, const RetentionCohortByDefinition& expected,
                   std::string& text) {
  const std::string name = absl::StrCat("cohort ", got.bucket().label());
  if (*FromProto(got.bucket().start_time(), "start") != expected.start ||
      *FromProto(got.bucket().end_time(), "end") != expected.end) {
    absl::StrAppend(&text, name, ": expected ", Show(expected.start), " to ", Show(expected.end), "\n");
  }
  Count(name + " size", got.size(), expected.size, text);
  for (int i = 0; i < got.cells_size(); ++i) {
    const v1::RetentionCell& cell = got.cells(i);
    const std::string place = absl::StrCat(name, " offset ", cell.offset());
    Count(place, cell.retained_count(), expected.retained[i], text);
    Count(place + " complete", cell.complete(), expected.complete[i], text);
    Count(place + " has a rate", cell.has_retention(), expected.size > 0, text);
  }
}

void ComparePooled(const v1::GetRetentionResponse& got,
                   const std::vector<RetentionCohortByDefinition>& expected, std::string& text) {
  for (int i = 0; i < got.pooled_size(); ++i) {
    int64_t retained = 0, size = 0, cohorts = 0;
    for (const RetentionCohortByDefinition& cohort : expected) {
      if (!cohort.complete[i]) continue;
      retained += cohort.retained[i];
      size += cohort.size;
      ++cohorts;
    }
    const std::string place = absl::StrCat("pooled offset ", got.pooled(i).offset());
    Count(place, got.pooled(i).retained_count(), retained, text);
    Count(place + " size", got.pooled(i).size(), size, text);
    Count(place + " cohorts", got.pooled(i).cohort_count(), cohorts, text);
    Count(place + " has a rate", got.pooled(i).has_retention(), size > 0, text);
  }
}

class RetentionRandomTest : public RandomMetricTest {
 protected:
  std::string Compare(const RandomTrial<v1::GetRetentionRequest>& trial) {
    const absl::StatusOr<v1::GetRetentionResponse> response = AskTrial(query::Retention, trial);
    if (!response.ok()) return response.status().ToString();
    const absl::StatusOr<query::QueryScope> scope = query::ResolveScope(trial.request.scope(), context_);
    if (!scope.ok()) return scope.status().ToString();
    const std::vector<RetentionCohortByDefinition> cohorts =
        RetentionByDefinition(SeenHistory(trial), Question(trial.request, *scope, trial.history));
    std::string text;
    Count("cohorts", response->cohorts_size(), static_cast<int64_t>(cohorts.size()), text);
    if (!text.empty()) return text;
    for (size_t i = 0; i < cohorts.size(); ++i) {
      CompareCohort(response->cohorts(static_cast<int>(i)), cohorts[i], text);
    }
    ComparePooled(*response, cohorts, text);
    return text;
  }
};

TEST_F(RetentionRandomTest, RetentionIsItsDefinition) {
  CompareOnRandomHistories<v1::GetRetentionRequest>(kHistories, MakeTrial,
                                                    [&](const auto& trial) { return Compare(trial); });
}

}  // namespace
}  // namespace donut::testing
