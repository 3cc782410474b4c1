#include "query_service/metrics/summary/summary_by_sql.h"

#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/filtered_statement.h"
#include "query_service/metrics_sql.h"

namespace donut::query {

absl::StatusOr<int64_t> CountEventsBySql(const QueryScope& scope, pqxx::transaction_base& transaction) {
  FilteredStatement statement(sql::kSummary);
  statement.Set("filter", scope.filter);
  ASSIGN_OR_RETURN(const pqxx::result count,
                   statement.Run(transaction, scope.project_id, ToPostgres(scope.start),
                                 ToPostgres(scope.interval_seen_end())));
  return count[0]["event_count"].as<int64_t>();
}

}  // namespace donut::query
