#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/filtered_statement.h"
#include "query_service/metrics/funnel/funnel_actor_events.h"
#include "query_service/metrics_sql.h"
#include "query_service/sql_values.h"

namespace donut::query {
namespace {

// Numbers, and beside them the names that match them.
struct NumberedNames {
  template <typename Numbered>
  explicit NumberedNames(const std::vector<Numbered>& all) {
    for (size_t i = 0; i < all.size(); ++i) {
      for (const std::string& name : all[i].event_names) {
        numbers.push_back(static_cast<int64_t>(i) + 1);
        names.push_back(name);
      }
    }
  }

  std::vector<int64_t> numbers;
  std::vector<std::string> names;
};

std::string FilterPlace(const std::string& column, size_t number) {
  return absl::StrCat(column, "_filter_", number);
}

// The bits of `column` that an event has: those that its name has, less those whose filter it does not pass.
template <typename Numbered>
std::string MatchedBits(const std::string& column, const std::vector<Numbered>& all) {
  std::vector<std::string> bits = {"0"};
  for (size_t i = 0; i < all.size(); ++i) {
    bits.push_back(absl::StrCat("CASE WHEN n.", column, " & (1 << ", i, ") <> 0 AND {",
                                FilterPlace(column, i + 1), "} THEN 1 << ", i, " ELSE 0 END"));
  }
  return absl::StrJoin(bits, " | ");
}

FilteredStatement EventsStatement(const FunnelQuestion& question) {
  std::string held;
  for (size_t i = 1; i <= question.held.size(); ++i) absl::StrAppend(&held, ", {held_", i, "} AS held_", i);
  FilteredStatement statement(absl::StrReplaceAll(
      sql::kExplainFunnelActor, {{"{steps}", MatchedBits("steps", question.steps)},
                                 {"{exclusions}", MatchedBits("exclusions", question.exclusions)},
                                 {"{held}", held}}));
  statement.Set("filter", question.scope.filter);
  for (size_t i = 0; i < question.steps.size(); ++i) {
    statement.Set(FilterPlace("steps", i + 1), question.steps[i].filter);
  }
  for (size_t i = 0; i < question.exclusions.size(); ++i) {
    statement.Set(FilterPlace("exclusions", i + 1), question.exclusions[i].filter);
  }
  for (size_t i = 0; i < question.held.size(); ++i) {
    statement.SetEventProperty(absl::StrCat("held_", i + 1), question.held[i]);
  }
  return statement;
}

}  // namespace

absl::StatusOr<std::vector<FunnelWalkEvent>> FunnelActorEventsBySql(const FunnelQuestion& question,
                                                                    const FunnelActorKey& actor, int64_t most,
                                                                    pqxx::transaction_base& transaction) {
  const NumberedNames steps(question.steps);
  const NumberedNames exclusions(question.exclusions);
  int any_event_steps = 0;
  for (int i = 0; i < question.step_count(); ++i) {
    if (question.steps[i].event_names.empty()) any_event_steps |= 1 << i;
  }
  std::optional<std::string> session;
  if (actor.sessions) session = ToPostgresArray(*actor.sessions);
  ASSIGN_OR_RETURN(const pqxx::result rows,
                   EventsStatement(question).Run(
                       transaction, question.scope.project_id, ToPostgres(question.scope.start),
                       ToPostgres(question.scan_end()), actor.user, session, ToPostgresArray(steps.numbers),
                       ToPostgresArray(steps.names), any_event_steps, ToPostgresArray(exclusions.numbers),
                       ToPostgresArray(exclusions.names), question.order == v1::FUNNEL_ORDER_STRICT, most));
  std::vector<FunnelWalkEvent> events;
  for (const pqxx::row& row : rows) {
    FunnelWalkEvent& event = events.emplace_back();
    event.time = TimeFromMicros(row["time_us"]);
    event.producer_no = row["producer_no"].as<int>();
    event.sequence = row["sequence"].as<int64_t>();
    event.name = row["name"].as<std::string>();
    event.steps = row["steps"].as<uint32_t>();
    event.exclusions = row["exclusions"].as<uint32_t>();
    for (size_t i = 1; i <= question.held.size(); ++i) {
      const pqxx::field value = row[absl::StrCat("held_", i)];
      event.held.push_back(value.is_null() ? std::nullopt : std::optional(value.as<std::string>()));
    }
  }
  return events;
}

}  // namespace donut::query
