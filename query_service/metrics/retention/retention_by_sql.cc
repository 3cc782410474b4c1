#include "query_service/metrics/retention/retention_by_sql.h"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/events/exact_decimal.h"
#include "query_service/metrics/retention/retention_segments.h"
#include "query_service/metrics_sql.h"
#include "query_service/sql_values.h"

namespace donut::query {
namespace {

// Nothing but numbers counts; a cast of anything else would fail.
constexpr char kNumber[] =
    "CASE jsonb_typeof(e.properties -> $12::text) WHEN 'number' THEN (e.properties -> $12::text)::numeric "
    "END";
constexpr char kCalendarSums[] =
    "sum({number}) AS value, sum({number}) FILTER (WHERE e.event_time >= m.start_time) AS value_from_start";
// Of the cohort's own period only what follows the start is its value.
constexpr char kOffsetSum[] = "sum(CASE WHEN r.period = m.cohort THEN r.value_from_start ELSE r.value END)";
constexpr char kRollingSums[] = "sum({number}) AS value";
constexpr char kNoCalendarSums[] = "NULL::numeric AS value, NULL::numeric AS value_from_start";
constexpr char kNoRollingSums[] = "NULL::numeric AS value";
constexpr char kOwnCohort[] =
    "LEFT JOIN members AS m ON m.user_id = e.user_id AND m.cohort = width_bucket(e.event_time, "
    "$2::timestamptz[])";

// A user comes back once in a bracket: in the first of its periods there.
constexpr char kPreviousPeriod[] =
    ", lag(period) OVER (PARTITION BY user_id ORDER BY period) AS previous_period";
constexpr char kFirstInSegment[] =
    "count(*) FILTER (WHERE r.previous_period IS NULL OR width_bucket(r.previous_period - m.cohort, "
    "$7::int[]) < "
    "width_bucket(r.period - m.cohort, $7::int[]))";
// ON_OR_AFTER counts a user at its last period; the cells before it add that up.
constexpr char kNextPeriod[] = ", lead(period) OVER (PARTITION BY user_id ORDER BY period) AS next_period";
constexpr char kLastPeriods[] = "count(*) FILTER (WHERE r.next_period IS NULL)";
constexpr char kIsLastSegment[] = "lead(segment) OVER (PARTITION BY user_id ORDER BY segment) IS NULL";

std::string BoundariesLiteral(const RetentionQuestion& question, const RetentionSegments& segments) {
  if (question.alignment == v1::RETENTION_ALIGNMENT_CALENDAR) return ToPostgresArray(segments.boundaries);
  std::vector<std::string> times;
  for (const int64_t offset : segments.boundaries) {
    times.push_back(absl::StrCat(absl::ToInt64Hours(offset * question.period_length()), " hours"));
  }
  return ToPostgresArray(times);
}

std::string RollingPiece(const RetentionQuestion& question) {
  const bool or_after = question.mode == v1::RETENTION_MODE_ON_OR_AFTER;
  return absl::StrReplaceAll(sql::kRetentionRolling,
                             {{"{values}", question.value_property.empty() ? kNoRollingSums : kRollingSums},
                              {"{is_counted}", or_after ? kIsLastSegment : "true"}});
}

std::string CalendarPiece(const RetentionQuestion& question) {
  const bool sums = !question.value_property.empty();
  const char* neighbours = "";
  const char* actors = "count(*)";
  std::string asked;
  if (question.mode == v1::RETENTION_MODE_ON_OR_AFTER) {
    neighbours = kNextPeriod;
    actors = kLastPeriods;
  } else if (question.mode == v1::RETENTION_MODE_BRACKET) {
    neighbours = kPreviousPeriod;
    actors = kFirstInSegment;
  } else if (!sums) {
    std::vector<int64_t> offsets;
    for (const RetentionOffsets& column : question.columns) offsets.push_back(column.first);
    asked = absl::StrCat("AND r.period - m.cohort IN (", absl::StrJoin(offsets, ", "), ")");
  }
  return absl::StrReplaceAll(sql::kRetentionCalendar, {{"{values}", sums ? kCalendarSums : kNoCalendarSums},
                                                       {"{own_cohort}", sums ? kOwnCohort : ""},
                                                       {"{value}", sums ? kOffsetSum : "NULL::numeric"},
                                                       {"{neighbours}", neighbours},
                                                       {"{actors}", actors},
                                                       {"{asked}", asked}});
}

std::string Statement(const RetentionQuestion& question) {
  const bool rolling = question.alignment == v1::RETENTION_ALIGNMENT_ROLLING;
  return absl::StrReplaceAll(
      absl::StrCat(RetentionStarts(question),
                   question.breakdown.empty() ? sql::kRetentionMembers : sql::kRetentionBreakdown,
                   rolling ? RollingPiece(question) : CalendarPiece(question), sql::kRetentionTotals),
      {{"{limit}", absl::StrCat(question.breakdown.limit())}, {"{number}", kNumber}});
}

std::vector<absl::Time> PeriodStarts(const RetentionQuestion& question) {
  std::vector<absl::Time> starts;
  for (const CalendarBucket& period : question.periods) starts.push_back(period.start);
  starts.push_back(question.periods.back().end);
  return starts;
}

v1::BreakdownValue ValueOf(int row, int limit, const std::string& text) {
  v1::BreakdownValue value;
  if (row == limit + 2) {
    value.set_none(true);
  } else if (row == limit + 1) {
    value.set_other(true);
  } else {
    value.set_text(text);
  }
  return value;
}

RetentionCounts Read(const RetentionQuestion& question, const pqxx::result& result) {
  RetentionCounts counts;
  std::map<int, std::pair<v1::BreakdownValue, RetentionTable>> rows;
  for (const pqxx::row& row : result) {
    RetentionTable* table = &counts.all;
    if (!row["breakdown_row"].is_null()) {
      if (question.breakdown.empty()) continue;
      const int number = row["breakdown_row"].as<int>();
      auto& [value, of_value] = rows[number];
      value = ValueOf(number, question.breakdown.limit(), row["value"].as<std::string>(""));
      table = &of_value;
    }
    const size_t cohort =
        row["cohort"].is_null() ? RetentionTable::kComplete : row["cohort"].as<size_t>() - 1;
    const size_t cell = row["cell"].as<size_t>();
    table->counts[{cohort, cell == 0 ? RetentionTable::kCohortItself : cell - 1}] = {
        row["actors"].as<int64_t>(), NearestDouble(row["value_sum"].c_str()),
        NearestDouble(row["cumulative_sum"].c_str())};
    counts.breakdown_value_count = row["value_count"].as<int64_t>();
  }
  for (auto& [number, of_value] : rows) counts.rows.push_back(std::move(of_value));
  return counts;
}

// The questions that are asked most: they read the events once.
bool IsPlain(const RetentionQuestion& question) {
  return question.mode == v1::RETENTION_MODE_ON && question.alignment == v1::RETENTION_ALIGNMENT_CALENDAR &&
         question.breakdown.empty() && question.value_property.empty();
}

absl::StatusOr<RetentionCounts> CountPlainly(const RetentionQuestion& question,
                                             pqxx::transaction_base& transaction) {
  std::vector<int64_t> offsets;
  std::map<int64_t, size_t> columns = {{0, RetentionTable::kCohortItself}};
  for (const RetentionOffsets& column : question.columns) {
    columns[column.first] = offsets.size();
    offsets.push_back(column.first);
  }
  FilteredStatement statement(question.kind == v1::RETENTION_KIND_RECURRING ? sql::kRetentionRecurringPlain
                                                                            : sql::kRetention);
  SetRetentionFilters(question, statement);
  ASSIGN_OR_RETURN(
      const pqxx::result rows,
      statement.Run(transaction, question.scope.project_id, ToPostgresArray(PeriodStarts(question)),
                    static_cast<int>(question.cohorts), ToPostgresArray(offsets),
                    ToPostgres(question.returns_end()), NamesOrNull(question.start_event_names),
                    NamesOrNull(question.return_event_names)));
  RetentionCounts counts;
  for (const pqxx::row& row : rows) {
    counts.all.counts[{row["cohort"].as<size_t>() - 1, columns.at(row["period_offset"].as<int64_t>())}] = {
        row["actors"].as<int64_t>()};
  }
  return counts;
}

}  // namespace

const std::string& RetentionStarts(const RetentionQuestion& question) {
  static const std::string& first_time = *new std::string(sql::kRetentionFirstTime);
  static const std::string& recurring = *new std::string(sql::kRetentionRecurring);
  return question.kind == v1::RETENTION_KIND_RECURRING ? recurring : first_time;
}

void SetRetentionFilters(const RetentionQuestion& question, FilteredStatement& statement) {
  statement.AvoidNestedLoops();
  statement.Set("filter", question.scope.filter);
  statement.Set("start_filter", question.start_filter);
  statement.Set("return_filter", question.return_filter);
}

absl::StatusOr<RetentionCounts> RetentionBySql(const RetentionQuestion& question,
                                               pqxx::transaction_base& transaction) {
  if (IsPlain(question)) return CountPlainly(question, transaction);
  const RetentionSegments segments = SegmentsOf(question);
  FilteredStatement statement(Statement(question));
  SetRetentionFilters(question, statement);
  if (!question.breakdown.empty()) statement.Set("breakdown", question.breakdown);
  const auto run = [&](const auto&... value_property) {
    return statement.Run(transaction, question.scope.project_id, ToPostgresArray(PeriodStarts(question)),
                         ToPostgres(question.starts_end()), ToPostgres(question.returns_end()),
                         NamesOrNull(question.start_event_names), NamesOrNull(question.return_event_names),
                         BoundariesLiteral(question, segments), ToPostgresArray(segments.first),
                         ToPostgresArray(segments.last), ToPostgresArray(segments.cumulative),
                         ToPostgresArray(segments.complete_cohorts), value_property...);
  };
  ASSIGN_OR_RETURN(const pqxx::result rows,
                   question.value_property.empty() ? run() : run(question.value_property));
  return Read(question, rows);
}

}  // namespace donut::query
