#include "query_service/metrics/retention/retention_actors.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "common/utf8.h"
#include "query_service/filtered_statement.h"
#include "query_service/metrics/retention/retention_counts.h"
#include "query_service/metrics/retention/retention_question.h"
#include "query_service/metrics_sql.h"
#include "query_service/page_token.h"
#include "query_service/sql_values.h"

namespace donut::query {
namespace {

struct ActorsQuestion {
  // Its columns are those that were asked for, its scope the one of the whole table.
  RetentionQuestion retention;
  size_t cohort = 0;
  // Nothing: the cohort itself.
  std::optional<RetentionOffsets> column;
  v1::RetentionActorsWho who = v1::RETENTION_ACTORS_WHO_RETAINED;
  int64_t page_size = 0;
};

// A refusal of the question within the request names its field within the request.
absl::Status WithinRetention(const absl::Status& status) {
  if (status.code() != absl::StatusCode::kInvalidArgument) return status;
  const std::string message(status.message());
  const size_t colon = message.find(": ");
  if (colon == std::string::npos) return status;
  return InvalidField("retention." + message.substr(0, colon), message.substr(colon + 2));
}

absl::StatusOr<size_t> FindCohort(const std::string& label, const RetentionQuestion& retention) {
  if (label.empty()) {
    if (retention.cohorts == 1) return 0;
    return InvalidField("cohort", "must be set, because there is more than one cohort");
  }
  const Calendar calendar(retention.scope.zone, retention.period, retention.scope.week_start);
  for (size_t cohort = 0; cohort < retention.cohorts; ++cohort) {
    if (calendar.Label(retention.periods[cohort]) == label) return cohort;
  }
  return InvalidField("cohort", absl::StrCat("must be the label of one of the cohorts, such as ",
                                             calendar.Label(retention.periods[0])));
}

absl::StatusOr<std::optional<RetentionOffsets>> FindColumn(int32_t offset, v1::RetentionActorsWho who,
                                                           const RetentionQuestion& retention) {
  if (offset == 0) {
    if (who == v1::RETENTION_ACTORS_WHO_ALL) return std::optional<RetentionOffsets>();
    return InvalidField("offset", "must be set, unless who is RETENTION_ACTORS_WHO_ALL");
  }
  for (const RetentionOffsets& column : retention.columns) {
    if (column.first == offset) return std::optional(column);
  }
  return InvalidField("offset", retention.mode == v1::RETENTION_MODE_BRACKET
                                    ? "must be the first offset of one of the brackets of `retention`"
                                    : "must be one of the offsets of `retention`");
}

absl::StatusOr<ActorsQuestion> ResolveActors(const v1::ListRetentionActorsRequest& request,
                                             const QueryContext& context) {
  if (request.retention().has_breakdown()) return InvalidField("retention.breakdown", "must not be set");
  if (!request.retention().value_property().empty()) {
    return InvalidField("retention.value_property", "must not be set");
  }
  ActorsQuestion question;
  absl::StatusOr<RetentionQuestion> retention = ResolveRetention(request.retention(), context);
  if (!retention.ok()) return WithinRetention(retention.status());
  question.retention = *std::move(retention);
  ASSIGN_OR_RETURN(question.cohort, FindCohort(request.cohort(), question.retention));
  question.who = request.who();
  if (question.who == v1::RETENTION_ACTORS_WHO_UNSPECIFIED) question.who = v1::RETENTION_ACTORS_WHO_RETAINED;
  if (!v1::RetentionActorsWho_IsValid(question.who)) {
    return InvalidField("who", "must be RETENTION_ACTORS_WHO_RETAINED, _NOT_RETAINED or _ALL");
  }
  ASSIGN_OR_RETURN(question.column, FindColumn(request.offset(), question.who, question.retention));
  ASSIGN_OR_RETURN(question.page_size, ResolvePageSize(request.page_size(), kDefaultRetentionActorsPageSize,
                                                       kMaxRetentionActorsPageSize));
  return question;
}

// What the statement reads of the return events.
struct ReturnRange {
  absl::Time start;
  absl::Time end;
  // ROLLING: since each actor's start.
  std::optional<std::string> since;
  std::optional<std::string> until;
};

std::string Hours(absl::Duration duration) { return absl::StrCat(absl::ToInt64Hours(duration), " hours"); }

ReturnRange RangeOf(const ActorsQuestion& question) {
  const RetentionQuestion& retention = question.retention;
  const absl::Time seen_end = retention.scope.seen_end();
  const CalendarBucket& cohort = retention.periods[question.cohort];
  if (!question.column) return {cohort.start, cohort.start, {}, {}};
  const bool or_after = retention.mode == v1::RETENTION_MODE_ON_OR_AFTER;
  const RetentionOffsets& column = *question.column;
  ReturnRange range;
  if (retention.alignment == v1::RETENTION_ALIGNMENT_CALENDAR) {
    range.start = retention.periods[question.cohort + column.first].start;
    range.end = or_after ? seen_end : retention.periods[question.cohort + column.last].end;
  } else {
    const absl::Duration since = column.first * retention.period_length();
    const absl::Duration until = (column.last + 1) * retention.period_length();
    range.start = cohort.start + since;
    range.end = or_after ? seen_end : cohort.end + until;
    range.since = Hours(since);
    if (!or_after) range.until = Hours(until);
  }
  range.end = std::min(range.end, seen_end);
  return range;
}

absl::StatusOr<pqxx::result> ReadActors(const ActorsQuestion& question, const std::string& after,
                                        pqxx::transaction_base& transaction) {
  const RetentionQuestion& retention = question.retention;
  const CalendarBucket& cohort = retention.periods[question.cohort];
  const ReturnRange range = RangeOf(question);
  std::optional<bool> is_retained;
  if (question.who != v1::RETENTION_ACTORS_WHO_ALL) {
    is_retained = question.who == v1::RETENTION_ACTORS_WHO_RETAINED;
  }
  FilteredStatement statement(
      absl::StrCat(RetentionStarts(retention), sql::kRetentionMembers, sql::kRetentionActors));
  SetRetentionFilters(retention, statement);
  return statement.Run(transaction, retention.scope.project_id, ToPostgresArray({cohort.start, cohort.end}),
                       ToPostgres(std::min(cohort.end, retention.scope.seen_end())), ToPostgres(range.end),
                       NamesOrNull(retention.start_event_names), NamesOrNull(retention.return_event_names),
                       ToPostgres(range.start), range.since, range.until, is_retained,
                       after.empty() ? std::nullopt : std::optional(after), question.page_size + 1);
}

}  // namespace

absl::StatusOr<v1::ListRetentionActorsResponse> RetentionActors(const v1::ListRetentionActorsRequest& request,
                                                                const QueryContext& context,
                                                                pqxx::transaction_base& transaction) {
  ASSIGN_OR_RETURN(const Page page, ReadPageToken(request, request.page_token(), context));
  // The position goes to the database as it is.
  if (!IsStorableText(page.position)) return InvalidPageToken();
  ASSIGN_OR_RETURN(const ActorsQuestion question, ResolveActors(request, page.context));
  const absl::StatusOr<pqxx::result> rows = ReadActors(question, page.position, transaction);
  if (!rows.ok()) return WithinRetention(rows.status());

  v1::ListRetentionActorsResponse response;
  const RetentionQuestion& retention = question.retention;
  *response.mutable_scope() = ToProto(retention.scope);
  *response.mutable_cohort() = ToProto(retention.periods[question.cohort], retention.period, retention.scope);
  response.set_offset(question.column ? static_cast<int32_t>(question.column->first) : 0);
  response.set_who(question.who);
  response.set_total_size((*rows)[0]["total_size"].as<int64_t>());
  for (const pqxx::row& row : *rows) {
    if (row["user_text"].is_null()) continue;
    if (response.actors_size() == question.page_size) {
      response.set_next_page_token(
          MakePageToken(request, page.context, response.actors(response.actors_size() - 1).user_id()));
      break;
    }
    v1::RetentionActor& actor = *response.add_actors();
    actor.set_user_id(row["user_text"].as<std::string>());
    *actor.mutable_start_time() = donut::ToProto(TimeFromMicros(row["start_time"]));
    if (!row["return_time"].is_null()) {
      *actor.mutable_return_time() = donut::ToProto(TimeFromMicros(row["return_time"]));
    }
  }
  return response;
}

}  // namespace donut::query
