#include "query_service/metrics/retention/retention_actors_by_sql.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/filtered_statement.h"
#include "query_service/metrics/retention/retention_by_sql.h"
#include "query_service/metrics_sql.h"
#include "query_service/sql_values.h"

namespace donut::query {
namespace {

std::optional<std::string> HoursOrNull(const std::optional<absl::Duration>& duration) {
  if (!duration) return std::nullopt;
  return absl::StrCat(absl::ToInt64Hours(*duration), " hours");
}

}  // namespace

absl::StatusOr<FoundRetentionActors> RetentionActorsBySql(const RetentionActorsQuestion& question,
                                                          pqxx::transaction_base& transaction) {
  const RetentionQuestion& retention = question.retention;
  const CalendarBucket& cohort = question.cohort_period();
  const RetentionReturnRange range = ReturnRangeOf(question);
  FilteredStatement statement(
      absl::StrCat(RetentionStarts(retention), sql::kRetentionMembers, sql::kRetentionActors));
  SetRetentionFilters(retention, statement);
  ASSIGN_OR_RETURN(
      const pqxx::result rows,
      statement.Run(
          transaction, retention.scope.project_id, ToPostgresArray({cohort.start, cohort.end}),
          ToPostgres(question.starts_end()), ToPostgres(range.end), NamesOrNull(retention.start_event_names),
          NamesOrNull(retention.return_event_names), ToPostgres(range.start), HoursOrNull(range.since),
          HoursOrNull(range.until), question.is_retained(),
          question.after.empty() ? std::nullopt : std::optional(question.after), question.page_size + 1));
  FoundRetentionActors found;
  found.total = rows[0]["total_size"].as<int64_t>();
  for (const pqxx::row& row : rows) {
    if (row["user_text"].is_null()) continue;
    FoundRetentionActor& actor = found.actors.emplace_back();
    actor.user = row["user_text"].as<std::string>();
    actor.start_us = row["start_time"].as<int64_t>();
    if (!row["return_time"].is_null()) actor.return_us = row["return_time"].as<int64_t>();
  }
  return found;
}

}  // namespace donut::query
