#include "query_service/metrics/funnel/funnel_run.h"

#include "absl/strings/str_cat.h"
#include "common/proto_time.h"
#include "query_service/filtered_statement.h"
#include "query_service/sql_values.h"

namespace donut::query {
namespace {

// Steps by their numbers from 1, exclusions from -1 down, and bits of the steps that any event matches.
struct StepNames {
  std::vector<int64_t> numbers;
  std::vector<std::string> names;
  int any_event_steps = 0;

  explicit StepNames(const FunnelQuestion& question) {
    for (size_t i = 0; i < question.steps.size(); ++i) {
      const int64_t number = static_cast<int64_t>(i) + 1;
      if (question.steps[i].event_names.empty()) any_event_steps |= 1 << i;
      Add(number, question.steps[i].event_names);
    }
    for (size_t i = 0; i < question.exclusions.size(); ++i) {
      Add(-static_cast<int64_t>(i) - 1, question.exclusions[i].event_names);
    }
  }

 private:
  void Add(int64_t number, const std::vector<std::string>& more) {
    for (const std::string& name : more) {
      numbers.push_back(number);
      names.push_back(name);
    }
  }
};

FilteredStatement Fill(const std::string& sql, const FunnelQuestion& question) {
  FilteredStatement statement(sql);
  statement.AvoidNestedLoops();
  statement.Set("filter", question.scope.filter);
  for (size_t i = 0; i < question.steps.size(); ++i) {
    if (question.steps[i].filter.empty()) continue;
    statement.Set(absl::StrCat("step_filter_", i + 1), question.steps[i].filter);
  }
  for (size_t i = 0; i < question.exclusions.size(); ++i) {
    if (question.exclusions[i].filter.empty()) continue;
    statement.Set(absl::StrCat("exclusion_filter_", i + 1), question.exclusions[i].filter);
  }
  for (size_t i = 0; i < question.held.size(); ++i) {
    statement.SetEventProperty(absl::StrCat("held_", i + 1), question.held[i]);
  }
  if (!question.breakdown.empty()) statement.Set("breakdown_value", question.breakdown);
  return statement;
}

}  // namespace

absl::StatusOr<pqxx::result> RunFunnel(const std::string& sql, const FunnelQuestion& question,
                                       const std::vector<std::string>& more,
                                       pqxx::transaction_base& transaction) {
  const QueryScope& scope = question.scope;
  const StepNames step_names(question);
  std::vector<std::string> values = {absl::StrCat(scope.project_id),
                                     ToPostgres(scope.start),
                                     ToPostgres(scope.end),
                                     ToPostgres(question.scan_end()),
                                     ToPostgresArray(step_names.numbers),
                                     ToPostgresArray(step_names.names),
                                     absl::StrCat(step_names.any_event_steps),
                                     absl::StrCat(absl::ToInt64Microseconds(question.window)),
                                     question.actor == v1::ACTOR_SESSION ? "1" : "0"};
  values.insert(values.end(), more.begin(), more.end());
  return Fill(sql, question).RunTexts(transaction, values);
}

std::vector<std::string> TimedAttemptValues(const FunnelQuestion& question) {
  // With ALL_STEPS nothing behind the interval's end counts.
  const bool may_go_on = !question.all_steps() || question.scope.end > question.scope.as_of;
  return {ToPostgres(question.scope.as_of), may_go_on ? "true" : "false"};
}

}  // namespace donut::query
