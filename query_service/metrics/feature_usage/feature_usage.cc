#include "query_service/metrics/feature_usage/feature_usage.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/limits.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/filtered_statement.h"
#include "query_service/metrics_sql.h"
#include "query_service/page_token.h"
#include "query_service/rate.h"
#include "query_service/sql_values.h"

namespace donut::query {
namespace {

void AddFeature(const pqxx::row& row, int64_t active_count, v1::GetFeatureUsageResponse& response) {
  v1::FeatureUsage& feature = *response.add_features();
  feature.set_feature(row["feature"].as<std::string>());
  feature.set_use_count(row["use_count"].as<int64_t>());
  feature.set_actor_count(row["actor_count"].as<int64_t>());
  SetRate(ShareOf(feature.actor_count(), active_count), [&] { return feature.mutable_share(); });
  feature.set_uses_per_actor(static_cast<double>(feature.use_count()) /
                             static_cast<double>(feature.actor_count()));
  *feature.mutable_first_use_time() = donut::ToProto(TimeFromMicros(row["first_use"]));
  *feature.mutable_last_use_time() = donut::ToProto(TimeFromMicros(row["last_use"]));
}

}  // namespace

absl::StatusOr<v1::GetFeatureUsageResponse> FeatureUsage(const v1::GetFeatureUsageRequest& request,
                                                         const QueryContext& context,
                                                         pqxx::transaction_base& transaction) {
  ASSIGN_OR_RETURN(const Page page, ReadPageToken(request, request.page_token(), context));
  ASSIGN_OR_RETURN(const QueryScope scope, ResolveScope(request.scope(), page.context));
  RETURN_IF_ERROR(CheckText(request.property(), limits::kMaxPropertyKeyBytes, "property"));
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   ResolveEventNames(request.event_names(), "event_names"));
  ASSIGN_OR_RETURN(const v1::Actor actor, ResolveActor(request.actor(), "actor"));
  ASSIGN_OR_RETURN(const int64_t page_size,
                   ResolvePageSize(request.page_size(), kDefaultFeaturePageSize, kMaxFeaturePageSize));
  int64_t passed = 0;
  if (!page.position.empty() && (!absl::SimpleAtoi(page.position, &passed) || passed < 0)) {
    return InvalidPageToken();
  }

  const std::optional<std::string> property =
      request.property().empty() ? std::nullopt : std::optional(request.property());
  FilteredStatement statement(sql::kFeatureUsage);
  statement.Set("filter", scope.filter);
  ASSIGN_OR_RETURN(const pqxx::result rows,
                   statement.Run(transaction, scope.project_id, ToPostgres(scope.start),
                                 ToPostgres(scope.interval_seen_end()), property, NamesOrNull(names),
                                 actor == v1::ACTOR_SESSION, page_size, passed));

  v1::GetFeatureUsageResponse response;
  *response.mutable_scope() = ToProto(scope);
  response.set_property(request.property());
  *response.mutable_event_names() = request.event_names();
  response.set_actor(actor);
  response.set_active_count(rows[0]["active_count"].as<int64_t>());
  response.set_total_size(rows[0]["total_size"].as<int64_t>());
  for (const pqxx::row& row : rows) {
    if (!row["feature"].is_null()) AddFeature(row, response.active_count(), response);
  }
  passed += response.features_size();
  if (passed < response.total_size() && response.features_size() > 0) {
    response.set_next_page_token(MakePageToken(request, page.context, absl::StrCat(passed)));
  }
  return response;
}

}  // namespace donut::query
