#include "query_service/metrics/funnel_counts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/filtered_statement.h"
#include "query_service/metrics_sql.h"
#include "query_service/sql_values.h"

namespace donut::query {

namespace {

// The bits of the steps that an event matches, of those that its name does.
std::string MatchedSteps(const std::vector<int>& filtered_steps) {
  std::string unfiltered = "~0";
  std::string passed;
  for (const int step : filtered_steps) {
    absl::StrAppend(&unfiltered, " & ~(1 << ", step - 1, ")");
    absl::StrAppend(&passed, " | CASE WHEN n.steps & (1 << ", step - 1, ") <> 0 AND {step_filter_", step,
                    "} THEN 1 << ", step - 1, " ELSE 0 END");
  }
  return filtered_steps.empty() ? "n.steps" : absl::StrCat("n.steps & (", unfiltered, ")", passed);
}

}  // namespace

std::string FunnelStatement(int steps, const std::vector<int>& filtered_steps) {
  // OFFSET 0 keeps the planner from copying the filters to each place that reads the steps.
  std::string statement = absl::StrReplaceAll(
      sql::kFunnelEvents,
      {{"{steps}", MatchedSteps(filtered_steps)}, {"{once}", filtered_steps.empty() ? "" : "OFFSET 0"}});
  for (int step = 2; step <= steps; ++step) {
    absl::StrAppend(&statement,
                    absl::StrReplaceAll(sql::kFunnelPass, {{"{step}", absl::StrCat(step)},
                                                           {"{previous}", absl::StrCat(step - 1)}}));
  }
  absl::StrAppend(&statement, absl::StrReplaceAll(sql::kFunnelTotals, {{"{steps}", absl::StrCat(steps)}}));
  return statement;
}

absl::StatusOr<FunnelCounts> CountFunnel(const FunnelQuestion& question,
                                         pqxx::transaction_base& transaction) {
  const QueryScope& scope = question.scope;
  const int steps = static_cast<int>(question.steps.size());
  std::vector<int64_t> step_numbers;
  std::vector<std::string> names;
  int any_event_steps = 0;
  std::vector<int> filtered_steps;
  for (int i = 0; i < steps; ++i) {
    if (question.steps[i].event_names.empty()) any_event_steps |= 1 << i;
    if (!question.steps[i].filter.empty()) filtered_steps.push_back(i + 1);
    for (const std::string& name : question.steps[i].event_names) {
      step_numbers.push_back(i + 1);
      names.push_back(name);
    }
  }
  // Entries lie before the end, so what follows them within the window lies before end + window.
  const absl::Time scan_end = std::min(scope.end + question.window, scope.seen_end());
  FilteredStatement statement(FunnelStatement(steps, filtered_steps));
  statement.Set("filter", scope.filter);
  for (const int step : filtered_steps) {
    statement.Set(absl::StrCat("step_filter_", step), question.steps[step - 1].filter);
  }
  ASSIGN_OR_RETURN(
      const pqxx::result rows,
      statement.Run(transaction, scope.project_id, ToPostgres(scope.start), ToPostgres(scope.end),
                    ToPostgres(scan_end), ToPostgresArray(step_numbers), ToPostgresArray(names),
                    any_event_steps, absl::ToInt64Microseconds(question.window),
                    question.actor == v1::ACTOR_SESSION ? 1 : 0, ToPostgres(scope.as_of)));

  FunnelCounts counts;
  counts.actors_still_open = rows[0]["still_open"].as<int64_t>();
  if (steps > 1) counts.time_to_convert = DurationStatisticsFromRow(rows[0], "took");
  for (int step = 1; step <= steps; ++step) {
    counts.steps.push_back(
        {rows[step]["actors"].as<int64_t>(), DurationStatisticsFromRow(rows[step], "took")});
  }
  return counts;
}

}  // namespace donut::query
