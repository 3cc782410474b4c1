#include "query_service/metrics/retention/retention_actors_question.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/status_macros.h"
#include "query_service/metrics/retention/retention_actors.h"
#include "query_service/page_token.h"

namespace donut::query {
namespace {

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

}  // namespace

// A refusal of the question within the request names its field within the request.
absl::Status WithinRetention(const absl::Status& status) {
  if (status.code() != absl::StatusCode::kInvalidArgument) return status;
  const std::string message(status.message());
  const size_t colon = message.find(": ");
  if (colon == std::string::npos) return status;
  return InvalidField("retention." + message.substr(0, colon), message.substr(colon + 2));
}

absl::StatusOr<RetentionActorsQuestion> ResolveRetentionActors(const v1::ListRetentionActorsRequest& request,
                                                               const QueryContext& context) {
  if (request.retention().has_breakdown()) return InvalidField("retention.breakdown", "must not be set");
  if (!request.retention().value_property().empty()) {
    return InvalidField("retention.value_property", "must not be set");
  }
  RetentionActorsQuestion question;
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

RetentionReturnRange ReturnRangeOf(const RetentionActorsQuestion& question) {
  const RetentionQuestion& retention = question.retention;
  const absl::Time seen_end = retention.scope.seen_end();
  const CalendarBucket& cohort = question.cohort_period();
  if (!question.column) return {cohort.start, cohort.start, {}, {}};
  const bool or_after = retention.mode == v1::RETENTION_MODE_ON_OR_AFTER;
  const RetentionOffsets& column = *question.column;
  RetentionReturnRange range;
  if (retention.alignment == v1::RETENTION_ALIGNMENT_CALENDAR) {
    range.start = retention.periods[question.cohort + column.first].start;
    range.end = or_after ? seen_end : retention.periods[question.cohort + column.last].end;
  } else {
    const absl::Duration since = column.first * retention.period_length();
    const absl::Duration until = (column.last + 1) * retention.period_length();
    range.start = cohort.start + since;
    range.end = or_after ? seen_end : cohort.end + until;
    range.since = since;
    if (!or_after) range.until = until;
  }
  range.end = std::min(range.end, seen_end);
  return range;
}

}  // namespace donut::query
