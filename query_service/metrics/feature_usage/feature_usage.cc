#include "query_service/metrics/feature_usage/feature_usage.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/limits.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/engine.h"
#include "query_service/metrics/feature_usage/feature_usage_by_history.h"
#include "query_service/metrics/feature_usage/feature_usage_by_sql.h"
#include "query_service/page_token.h"
#include "query_service/rate.h"

namespace donut::query {
namespace {

absl::StatusOr<FeatureUsageQuestion> ResolveFeatureUsage(const v1::GetFeatureUsageRequest& request,
                                                         const Page& page) {
  FeatureUsageQuestion question;
  ASSIGN_OR_RETURN(question.scope, ResolveScope(request.scope(), page.context));
  RETURN_IF_ERROR(CheckText(request.property(), limits::kMaxPropertyKeyBytes, "property"));
  question.property = request.property();
  ASSIGN_OR_RETURN(question.names, ResolveEventNames(request.event_names(), "event_names"));
  ASSIGN_OR_RETURN(question.actor, ResolveActor(request.actor(), "actor"));
  ASSIGN_OR_RETURN(question.page_size,
                   ResolvePageSize(request.page_size(), kDefaultFeaturePageSize, kMaxFeaturePageSize));
  if (!page.position.empty() && (!absl::SimpleAtoi(page.position, &question.passed) || question.passed < 0)) {
    return InvalidPageToken();
  }
  return question;
}

void AddFeature(const FeatureCount& count, int64_t active_count, v1::GetFeatureUsageResponse& response) {
  v1::FeatureUsage& feature = *response.add_features();
  feature.set_feature(count.feature);
  feature.set_use_count(count.uses);
  feature.set_actor_count(count.actors);
  SetRate(ShareOf(count.actors, active_count), [&] { return feature.mutable_share(); });
  feature.set_uses_per_actor(static_cast<double>(count.uses) / static_cast<double>(count.actors));
  *feature.mutable_first_use_time() = donut::ToProto(absl::FromUnixMicros(count.first_use_us));
  *feature.mutable_last_use_time() = donut::ToProto(absl::FromUnixMicros(count.last_use_us));
}

}  // namespace

absl::StatusOr<v1::GetFeatureUsageResponse> FeatureUsage(const v1::GetFeatureUsageRequest& request,
                                                         const QueryContext& context,
                                                         pqxx::transaction_base& transaction) {
  ASSIGN_OR_RETURN(const Page page, ReadPageToken(request, request.page_token(), context));
  ASSIGN_OR_RETURN(FeatureUsageQuestion question, ResolveFeatureUsage(request, page));
  ASSIGN_OR_RETURN(const FeatureUsageCounts counts,
                   AnswerBy(
                       page.context, transaction, question.scope,
                       [&](HistoryRun& run) { return FeatureUsageByHistory(question, run); },
                       [&] { return FeatureUsageBySql(question, transaction); }));

  v1::GetFeatureUsageResponse response;
  *response.mutable_scope() = ToProto(question.scope);
  response.set_property(request.property());
  *response.mutable_event_names() = request.event_names();
  response.set_actor(question.actor);
  response.set_active_count(counts.active);
  response.set_total_size(counts.features);
  for (const FeatureCount& count : counts.page) AddFeature(count, counts.active, response);
  const int64_t passed = question.passed + response.features_size();
  if (passed < response.total_size() && response.features_size() > 0) {
    response.set_next_page_token(MakePageToken(request, page.context, absl::StrCat(passed)));
  }
  return response;
}

}  // namespace donut::query
