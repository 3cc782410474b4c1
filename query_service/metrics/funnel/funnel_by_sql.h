// A funnel as PostgreSQL counts it, by the statements of funnel_statement.h. No state; thread-safe.
#pragma once

#include <pqxx/pqxx>

#include "absl/status/statusor.h"
#include "query_service/metrics/funnel/funnel_counts.h"
#include "query_service/metrics/funnel/funnel_question.h"

namespace donut::query {

// INVALID_ARGUMENT for a filter that the database cannot read. Throws pqxx exceptions.
absl::StatusOr<FunnelAnswer> FunnelBySql(const FunnelQuestion& question, pqxx::transaction_base& transaction);

}  // namespace donut::query
