#include "query_service/metrics/summary/summary.h"

#include <algorithm>
#include <cstdint>

#include "absl/time/civil_time.h"
#include "common/status_macros.h"
#include "query_service/calendar.h"
#include "query_service/engine.h"
#include "query_service/metrics/active_users/active_users.h"
#include "query_service/metrics/feature_usage/feature_usage.h"
#include "query_service/metrics/pipeline_funnel/pipeline_funnel.h"
#include "query_service/metrics/retention/retention.h"
#include "query_service/metrics/summary/summary_by_history.h"
#include "query_service/metrics/summary/summary_by_sql.h"

namespace donut::query {
namespace {

// The series has the day already, unless the interval ends before it or cuts it.
absl::Status AddToday(const QueryScope& scope, const v1::GetSummaryRequest& request,
                      const QueryContext& context, pqxx::transaction_base& transaction,
                      v1::GetSummaryResponse& response) {
  const absl::CivilDay day_of_as_of = absl::ToCivilDay(scope.as_of, scope.zone);
  const std::string date = absl::FormatCivilTime(day_of_as_of);
  const bool whole_day_in_interval = scope.start <= DayStart(day_of_as_of, scope.zone) &&
                                     DayStart(day_of_as_of + 1, scope.zone) <= scope.end;
  for (const v1::ActiveUsersBucket& bucket : response.active_users().buckets()) {
    if (!whole_day_in_interval || bucket.bucket().label() != date) continue;
    *response.mutable_today() = bucket;
    return absl::OkStatus();
  }
  v1::GetActiveUsersRequest today;
  *today.mutable_scope() = request.scope();
  today.mutable_scope()->clear_interval();
  today.set_date(date);
  ASSIGN_OR_RETURN(const v1::GetActiveUsersResponse day, ActiveUsers(today, context, transaction));
  *response.mutable_today() = day.buckets(0);
  return absl::OkStatus();
}

absl::Status AddPipelines(const v1::GetSummaryRequest& request, const QueryContext& context,
                          pqxx::transaction_base& transaction, v1::GetSummaryResponse& response) {
  v1::GetPipelineFunnelRequest one;
  *one.mutable_scope() = request.scope();
  // Without a name it answers for the pipeline with the most runs, and lists the others.
  ASSIGN_OR_RETURN(const v1::GetPipelineFunnelResponse first, PipelineFunnel(one, context, transaction));
  if (first.pipelines().empty()) return absl::OkStatus();
  *response.add_pipeline_funnels() = first;
  for (int i = 1; i < std::min(kSummaryPipelines, first.pipelines_size()); ++i) {
    one.set_pipeline(first.pipelines(i).pipeline());
    ASSIGN_OR_RETURN(*response.add_pipeline_funnels(), PipelineFunnel(one, context, transaction));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::GetSummaryResponse> Summary(const v1::GetSummaryRequest& request,
                                               const QueryContext& context,
                                               pqxx::transaction_base& transaction) {
  ASSIGN_OR_RETURN(QueryScope scope, ResolveScope(request.scope(), context));
  ASSIGN_OR_RETURN(
      const int64_t event_count,
      AnswerBy(
          context, transaction, scope, [&](HistoryRun& run) { return CountEventsByHistory(scope, run); },
          [&] { return CountEventsBySql(scope, transaction); }));
  v1::GetSummaryResponse response;
  *response.mutable_scope() = ToProto(scope);
  response.set_event_count(event_count);
  v1::GetActiveUsersRequest active_users;
  *active_users.mutable_scope() = request.scope();
  ASSIGN_OR_RETURN(*response.mutable_active_users(), ActiveUsers(active_users, context, transaction));
  RETURN_IF_ERROR(AddToday(scope, request, context, transaction, response));

  // Runs are not events: a filter says nothing of them.
  if (!request.scope().has_filter()) {
    RETURN_IF_ERROR(AddPipelines(request, context, transaction, response));
  }

  v1::GetRetentionRequest retention;
  *retention.mutable_scope() = request.scope();
  ASSIGN_OR_RETURN(*response.mutable_retention(), Retention(retention, context, transaction));

  v1::GetFeatureUsageRequest feature_usage;
  *feature_usage.mutable_scope() = request.scope();
  feature_usage.set_page_size(kSummaryFeatures);
  ASSIGN_OR_RETURN(*response.mutable_feature_usage(), FeatureUsage(feature_usage, context, transaction));
  return response;
}

}  // namespace donut::query
