#include "query_service/metrics/retention.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/calendar.h"
#include "query_service/filtered_statement.h"
#include "query_service/metrics_sql.h"
#include "query_service/rate.h"
#include "query_service/sql_values.h"

namespace donut::query {
namespace {

struct RetentionQuestion {
  // Its interval is widened to whole periods.
  QueryScope scope;
  v1::Granularity period = v1::GRANULARITY_DAY;
  std::vector<int64_t> offsets;
  std::vector<std::string> start_event_names;
  std::vector<std::string> return_event_names;
  EventFilter start_filter;
  EventFilter return_filter;
  // The cohorts', then those up to the last offset of the last cohort.
  std::vector<CalendarBucket> periods;
  size_t cohorts = 0;
};

// Actors by cohort (from 0) and offset; offset 0 is the cohort's size.
using RetentionCounts = std::map<std::pair<size_t, int64_t>, int64_t>;

std::vector<int64_t> DefaultOffsets(v1::Granularity period) {
  if (period == v1::GRANULARITY_DAY) return {1, 7, 30};
  std::vector<int64_t> offsets(period == v1::GRANULARITY_HOUR ? 24 : period == v1::GRANULARITY_WEEK ? 8 : 6);
  std::iota(offsets.begin(), offsets.end(), 1);
  return offsets;
}

absl::StatusOr<std::vector<int64_t>> ResolveOffsets(const v1::GetRetentionRequest& request,
                                                    v1::Granularity period) {
  if (request.offsets().empty()) return DefaultOffsets(period);
  if (request.offsets_size() > kMaxRetentionOffsets) {
    return InvalidField("offsets", absl::StrCat("must have at most ", kMaxRetentionOffsets, " offsets"));
  }
  std::vector<int64_t> offsets;
  for (int i = 0; i < request.offsets_size(); ++i) {
    const int64_t offset = request.offsets(i);
    const std::string place = absl::StrCat("offsets[", i, "]");
    if (offset < 1 || offset > kMaxRetentionOffset) {
      return InvalidField(place, absl::StrCat("must be from 1 to ", kMaxRetentionOffset));
    }
    if (i > 0 && offset <= offsets.back()) {
      return InvalidField(place, "must be greater than the offset before it");
    }
    offsets.push_back(offset);
  }
  return offsets;
}

absl::StatusOr<RetentionQuestion> ResolveRetention(const v1::GetRetentionRequest& request,
                                                   const QueryContext& context) {
  RetentionQuestion question;
  ASSIGN_OR_RETURN(question.period, ResolveGranularity(request.period(), "period"));
  if (!request.cohort_date().empty() && question.period != v1::GRANULARITY_DAY) {
    return InvalidField("period", "must be GRANULARITY_DAY when cohort_date is set: it names one day");
  }
  ASSIGN_OR_RETURN(question.scope,
                   ResolveScopeOrDay(request.scope(), request.cohort_date(), "cohort_date", context));
  ASSIGN_OR_RETURN(question.offsets, ResolveOffsets(request, question.period));
  ASSIGN_OR_RETURN(question.start_event_names,
                   ResolveEventNames(request.start_event_names(), "start_event_names"));
  ASSIGN_OR_RETURN(question.return_event_names,
                   ResolveEventNames(request.return_event_names(), "return_event_names"));
  if (request.has_start_filter()) {
    ASSIGN_OR_RETURN(question.start_filter, ResolveFilter(request.start_filter(), "start_filter"));
  }
  if (request.has_return_filter()) {
    ASSIGN_OR_RETURN(question.return_filter, ResolveFilter(request.return_filter(), "return_filter"));
  }

  ASSIGN_OR_RETURN(const std::vector<CalendarBucket> cohorts,
                   IntervalBuckets(question.scope, question.period, kMaxRetentionCohorts));
  question.cohorts = cohorts.size();
  question.scope.start = cohorts.front().start;
  question.scope.end = cohorts.back().end;
  question.periods = Calendar(question.scope.zone, question.period, question.scope.week_start)
                         .BucketsFrom(question.scope.start, question.cohorts + question.offsets.back());
  return question;
}

absl::StatusOr<RetentionCounts> CountRetention(const RetentionQuestion& question,
                                               pqxx::transaction_base& transaction) {
  std::vector<absl::Time> period_starts;
  for (const CalendarBucket& period : question.periods) period_starts.push_back(period.start);
  period_starts.push_back(question.periods.back().end);
  const absl::Time scan_end = std::min(period_starts.back(), question.scope.seen_end());
  FilteredStatement statement(sql::kRetention);
  statement.Set("filter", question.scope.filter);
  statement.Set("start_filter", question.start_filter);
  statement.Set("return_filter", question.return_filter);
  ASSIGN_OR_RETURN(const pqxx::result rows,
                   statement.Run(transaction, question.scope.project_id, ToPostgresArray(period_starts),
                                 static_cast<int>(question.cohorts), ToPostgresArray(question.offsets),
                                 ToPostgres(scan_end), NamesOrNull(question.start_event_names),
                                 NamesOrNull(question.return_event_names)));
  RetentionCounts counts;
  for (const pqxx::row& row : rows) {
    counts[{row["cohort"].as<size_t>() - 1, row["period_offset"].as<int64_t>()}] =
        row["actors"].as<int64_t>();
  }
  return counts;
}

// Adds the cohort's row to the response, and its complete cells to the pooled line.
void AppendCohort(const RetentionQuestion& question, RetentionCounts& counts, size_t place,
                  v1::GetRetentionResponse& response) {
  v1::RetentionCohort& cohort = *response.add_cohorts();
  *cohort.mutable_bucket() = ToProto(question.periods[place], question.period, question.scope);
  cohort.set_size(counts[{place, 0}]);
  for (size_t i = 0; i < question.offsets.size(); ++i) {
    const int64_t offset = question.offsets[i];
    v1::RetentionCell& cell = *cohort.add_cells();
    cell.set_offset(static_cast<int32_t>(offset));
    cell.set_retained_count(counts[{place, offset}]);
    cell.set_complete(question.periods[place + offset].end <= question.scope.as_of);
    SetRate(ShareOf(cell.retained_count(), cohort.size()), [&] { return cell.mutable_retention(); });
    if (!cell.complete()) continue;
    v1::PooledRetention& pooled = *response.mutable_pooled(static_cast<int>(i));
    pooled.set_retained_count(pooled.retained_count() + cell.retained_count());
    pooled.set_size(pooled.size() + cohort.size());
    pooled.set_cohort_count(pooled.cohort_count() + 1);
  }
}

}  // namespace

absl::StatusOr<v1::GetRetentionResponse> Retention(const v1::GetRetentionRequest& request,
                                                   const QueryContext& context,
                                                   pqxx::transaction_base& transaction) {
  ASSIGN_OR_RETURN(const RetentionQuestion question, ResolveRetention(request, context));
  ASSIGN_OR_RETURN(RetentionCounts counts, CountRetention(question, transaction));

  v1::GetRetentionResponse response;
  *response.mutable_scope() = ToProto(question.scope);
  response.set_period(question.period);
  *response.mutable_start_event_names() = {question.start_event_names.begin(),
                                           question.start_event_names.end()};
  *response.mutable_return_event_names() = {question.return_event_names.begin(),
                                            question.return_event_names.end()};
  if (request.has_start_filter()) *response.mutable_start_filter() = request.start_filter();
  if (request.has_return_filter()) *response.mutable_return_filter() = request.return_filter();
  for (const int64_t offset : question.offsets) {
    response.add_offsets(static_cast<int32_t>(offset));
    response.add_pooled()->set_offset(static_cast<int32_t>(offset));
  }
  for (size_t place = 0; place < question.cohorts; ++place) AppendCohort(question, counts, place, response);
  // A user is in one cohort only, so this is a share of distinct actors.
  for (v1::PooledRetention& pooled : *response.mutable_pooled()) {
    SetRate(ShareOf(pooled.retained_count(), pooled.size()), [&] { return pooled.mutable_retention(); });
  }
  return response;
}

}  // namespace donut::query
