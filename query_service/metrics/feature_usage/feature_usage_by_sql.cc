#include "query_service/metrics/feature_usage/feature_usage_by_sql.h"

#include <optional>
#include <string>

#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/filtered_statement.h"
#include "query_service/metrics_sql.h"
#include "query_service/sql_values.h"

namespace donut::query {

absl::StatusOr<FeatureUsageCounts> FeatureUsageBySql(const FeatureUsageQuestion& question,
                                                     pqxx::transaction_base& transaction) {
  const QueryScope& scope = question.scope;
  const std::optional<std::string> property =
      question.property.empty() ? std::nullopt : std::optional(question.property);
  FilteredStatement statement(sql::kFeatureUsage);
  statement.Set("filter", scope.filter);
  ASSIGN_OR_RETURN(const pqxx::result rows,
                   statement.Run(transaction, scope.project_id, ToPostgres(scope.start),
                                 ToPostgres(scope.interval_seen_end()), property, NamesOrNull(question.names),
                                 question.actor == v1::ACTOR_SESSION, question.page_size, question.passed));
  FeatureUsageCounts counts;
  counts.active = rows[0]["active_count"].as<int64_t>();
  counts.features = rows[0]["total_size"].as<int64_t>();
  for (const pqxx::row& row : rows) {
    if (row["feature"].is_null()) continue;
    counts.page.push_back({row["feature"].as<std::string>(), row["use_count"].as<int64_t>(),
                           row["actor_count"].as<int64_t>(), row["first_use"].as<int64_t>(),
                           row["last_use"].as<int64_t>()});
  }
  return counts;
}

}  // namespace donut::query
