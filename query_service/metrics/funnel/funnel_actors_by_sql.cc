#include "query_service/metrics/funnel/funnel_actors_by_sql.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/metrics/funnel/funnel_run.h"
#include "query_service/metrics/funnel/funnel_statement.h"
#include "query_service/sql_values.h"

namespace donut::query {
namespace {

// The parameters of the statement from $10 on.
std::vector<std::string> FunnelActorsValues(const FunnelActorsQuestion& question) {
  std::vector<std::string> values = TimedAttemptValues(question.funnel);
  for (const std::string& value :
       {absl::StrCat(question.lowest_level), absl::StrCat(question.highest_level), question.after_user,
        absl::StrCat(question.after_session), absl::StrCat(question.page_size + 1)}) {
    values.push_back(value);
  }
  if (question.funnel.breakdown.empty()) return values;
  values.push_back(absl::StrCat(question.funnel.breakdown.limit()));
  values.push_back(absl::StrCat(static_cast<int>(question.row)));
  values.push_back(question.value);
  return values;
}

// From the row's `kind` and `value`.
v1::BreakdownValue ActorsValueOf(const pqxx::row& row) {
  v1::BreakdownValue value;
  switch (row["kind"].as<int>()) {
    case FunnelActorsQuestion::kNone:
      value.set_none(true);
      break;
    case FunnelActorsQuestion::kNotReached:
      value.set_not_reached(true);
      break;
    default:
      value.set_text(row["value"].as<std::string>());
  }
  return value;
}

v1::FunnelActor FunnelActorOf(const pqxx::row& row) {
  v1::FunnelActor actor;
  actor.set_user_id(row["distinct_id"].as<std::string>());
  actor.set_session_key(row["session"].as<int64_t>());
  if (!row["session_text"].is_null()) actor.set_session_id(row["session_text"].as<std::string>());
  actor.set_level(row["level"].as<int>());
  for (const int64_t micros : IntegersFromArray(row["times"])) {
    *actor.add_step_times() = donut::ToProto(absl::FromUnixMicros(std::abs(micros)));
  }
  actor.set_still_open(row["is_open"].as<bool>());
  if (!row["kind"].is_null()) *actor.mutable_breakdown_value() = ActorsValueOf(row);
  actor.set_in_other_row(row["is_in_other"].as<bool>());
  return actor;
}

}  // namespace

absl::StatusOr<FunnelActorsPage> FunnelActorsBySql(const FunnelActorsQuestion& question,
                                                   pqxx::transaction_base& transaction) {
  ASSIGN_OR_RETURN(const pqxx::result rows, RunFunnel(FunnelActorsSql(question.funnel), question.funnel,
                                                      FunnelActorsValues(question), transaction));
  FunnelActorsPage page;
  page.total_size = rows[0]["total_size"].as<int64_t>();
  for (const pqxx::row& row : rows) {
    if (!row["distinct_id"].is_null()) page.actors.push_back(FunnelActorOf(row));
  }
  return page;
}

}  // namespace donut::query
