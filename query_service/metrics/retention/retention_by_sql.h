// The cells of retention as PostgreSQL counts them: one statement, put together from the pieces that
// kind, mode, alignment, breakdown and value ask for. No state; thread-safe.
#pragma once

#include <pqxx/pqxx>
#include <string>

#include "absl/status/statusor.h"
#include "query_service/filtered_statement.h"
#include "query_service/metrics/retention/retention_counts.h"
#include "query_service/metrics/retention/retention_question.h"

namespace donut::query {

absl::StatusOr<RetentionCounts> RetentionBySql(const RetentionQuestion& question,
                                               pqxx::transaction_base& transaction);

// The piece that finds the start events of the question's kind.
const std::string& RetentionStarts(const RetentionQuestion& question);
// Sets the three filters.
void SetRetentionFilters(const RetentionQuestion& question, FilteredStatement& statement);

}  // namespace donut::query
