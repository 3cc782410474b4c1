// Runs the statements of funnels: binds what they all have in common, and fills the places of filters and
// properties. No state.
#pragma once

#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query_service/metrics/funnel/funnel_question.h"

namespace donut::query {

// A statement of funnel_statement.h with its parameters $1 to $9 as funnel_events.sql has them, and `more`
// from $10 on. INVALID_ARGUMENT for a filter that the database cannot read. Throws pqxx exceptions.
absl::StatusOr<pqxx::result> RunFunnel(const std::string& sql, const FunnelQuestion& question,
                                       const std::vector<std::string>& more,
                                       pqxx::transaction_base& transaction);

// $10 and $11 of what funnel_timed_attempts is part of.
std::vector<std::string> TimedAttemptValues(const FunnelQuestion& question);

}  // namespace donut::query
