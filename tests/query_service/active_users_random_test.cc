// Active users held against their definition on random histories, every option drawn.
#include <string>

#include "absl/strings/str_cat.h"
#include "common/proto_time.h"
#include "query_service/metrics/active_users/active_users.h"
#include "tests/query_service/random_metric_test.h"
#include "tests/reference/active_users.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using ActiveUsersTrial = RandomTrial<v1::GetActiveUsersRequest>;

using ActiveUsersRandomTest = RandomMetricTest;

v1::Breakdown MakeRandomBreakdown(Dice& dice) {
  v1::Breakdown breakdown;
  switch (dice.Between(1, 5)) {
    case 1:
      breakdown.set_event_name(true);
      break;
    case 2:
      breakdown.set_user_property(dice.OneIn(2) ? "p" : "q");
      break;
    default:
      breakdown.set_event_property(dice.OneIn(3) ? "q" : "p");
  }
  if (!breakdown.event_name() && dice.OneIn(5))
    breakdown.add_nested_keys(std::string(1, dice.OneIn(3) ? '0' : 'x'));
  if (!dice.OneIn(3)) breakdown.set_limit(static_cast<int>(dice.Between(1, 4)));
  return breakdown;
}

ActiveUsersTrial MakeActiveUsersTrial(Dice& dice) {
  const RandomSetting setting = PickSetting(dice);
  v1::GetActiveUsersRequest request;
  request.set_granularity(static_cast<v1::Granularity>(dice.Between(1, 4)));
  const bool hours = request.granularity() == v1::GRANULARITY_HOUR;
  // Sometimes more than thirty days.
  *request.mutable_scope() = MakeRandomScope(dice, setting, hours ? 3 : dice.OneIn(4) ? 75 : 20);
  if (dice.OneIn(3)) request.set_actor(v1::ACTOR_SESSION);
  if (dice.OneIn(2)) {
    for (const std::string& name : PickNames(dice, 3)) request.add_event_names(name);
  }
  if (dice.OneIn(2)) *request.mutable_breakdown() = MakeRandomBreakdown(dice);
  request.set_compare_to_previous(dice.OneIn(2));
  ActiveUsersTrial trial = {MakeRandomHistory(dice, setting), setting.time_zone, request};
  FilterSome(dice, trial);
  return trial;
}

ActiveUsersQuestion QuestionOf(const ActiveUsersTrial& trial, const v1::GetActiveUsersResponse& response) {
  ActiveUsersQuestion question;
  question.start = *FromProto(response.scope().start_time(), "");
  question.end = *FromProto(response.scope().end_time(), "");
  question.as_of = *FromProto(response.scope().as_of_time(), "");
  question.time_zone = trial.time_zone;
  question.week_start = response.scope().week_start();
  question.granularity = trial.request.granularity();
  question.by_session = trial.request.actor() == v1::ACTOR_SESSION;
  question.names = {trial.request.event_names().begin(), trial.request.event_names().end()};
  if (trial.request.has_breakdown()) {
    question.breakdown = trial.request.breakdown();
    if (question.breakdown->limit() == 0) question.breakdown->set_limit(10);
  }
  return question;
}

v1::ActiveUsersBucket ToBucket(const ActiveUsersPeriod& period, v1::Granularity granularity) {
  v1::ActiveUsersBucket bucket;
  *bucket.mutable_bucket()->mutable_start_time() = donut::ToProto(period.start);
  *bucket.mutable_bucket()->mutable_end_time() = donut::ToProto(period.end);
  bucket.mutable_bucket()->set_complete(period.complete);
  bucket.set_active_count(period.active);
  bucket.set_new_count(period.fresh);
  bucket.set_known_count(period.known);
  if (granularity == v1::GRANULARITY_DAY) {
    bucket.set_trailing_7_day_count(period.trailing_7);
    bucket.set_trailing_30_day_count(period.trailing_30);
  }
  return bucket;
}

template <typename Buckets>
void SetBuckets(const std::vector<ActiveUsersPeriod>& periods, v1::Granularity granularity,
                Buckets& buckets) {
  for (const ActiveUsersPeriod& period : periods) *buckets.Add() = ToBucket(period, granularity);
}

// What the definition says, in the shape of an answer.
v1::GetActiveUsersResponse ExpectedActiveUsers(const ActiveUsersTrial& trial,
                                               const ActiveUsersQuestion& question) {
  const History seen = SeenHistory(trial);
  v1::GetActiveUsersResponse expected;
  const ActiveUsersByDefinitionResult result = ActiveUsersByDefinition(seen, question);
  expected.set_active_count(result.active);
  SetBuckets(result.periods, question.granularity, *expected.mutable_buckets());
  expected.set_breakdown_value_count(result.value_count);
  for (const ActiveUsersRowByDefinition& row : result.rows) {
    v1::ActiveUsersBreakdownRow& to = *expected.add_breakdown_rows();
    *to.mutable_value() = row.value;
    to.set_active_count(row.active);
    SetBuckets(row.periods, question.granularity, *to.mutable_buckets());
  }
  if (!trial.request.compare_to_previous()) return expected;
  const ActiveUsersQuestion before = PreviousByDefinition(question);
  *expected.mutable_previous()->mutable_start_time() = donut::ToProto(before.start);
  *expected.mutable_previous()->mutable_end_time() = donut::ToProto(before.end);
  if (before.start == before.end) return expected;
  const ActiveUsersByDefinitionResult previous = ActiveUsersByDefinition(seen, before);
  expected.mutable_previous()->set_active_count(previous.active);
  SetBuckets(previous.periods, question.granularity, *expected.mutable_previous()->mutable_buckets());
  return expected;
}

template <typename Buckets>
void LeaveOutWhatFollows(Buckets& buckets) {
  for (v1::ActiveUsersBucket& bucket : buckets) {
    // Tested by themselves.
    bucket.clear_stickiness();
    bucket.mutable_bucket()->clear_label();
  }
}

// The answer without the question that it repeats.
v1::GetActiveUsersResponse FiguresOf(v1::GetActiveUsersResponse response) {
  response.clear_scope();
  response.clear_granularity();
  response.clear_actor();
  response.clear_event_names();
  response.clear_breakdown();
  LeaveOutWhatFollows(*response.mutable_buckets());
  for (auto& row : *response.mutable_breakdown_rows()) LeaveOutWhatFollows(*row.mutable_buckets());
  if (response.has_previous()) LeaveOutWhatFollows(*response.mutable_previous()->mutable_buckets());
  return response;
}

TEST_F(ActiveUsersRandomTest, AgreesWithTheDefinition) {
  CompareOnRandomHistories<v1::GetActiveUsersRequest>(
      150, MakeActiveUsersTrial, [this](const ActiveUsersTrial& trial) -> std::string {
        const auto response = AskTrial(query::ActiveUsers, trial);
        if (!response.ok()) return std::string(response.status().message());
        const v1::GetActiveUsersResponse figures = FiguresOf(*response);
        const v1::GetActiveUsersResponse expected = ExpectedActiveUsers(trial, QuestionOf(trial, *response));
        if (figures.SerializeAsString() == expected.SerializeAsString()) return "";
        return absl::StrCat("answered:\n", figures.Utf8DebugString(), "by definition:\n",
                            expected.Utf8DebugString());
      });
}

}  // namespace
}  // namespace donut::testing
