// The actors behind a cell of retention as PostgreSQL finds them: retention_actors.sql behind the pieces that
// find the cohort. No state; thread-safe.
#pragma once

#include <pqxx/pqxx>

#include "absl/status/statusor.h"
#include "query_service/metrics/retention/retention_actors_question.h"

namespace donut::query {

absl::StatusOr<FoundRetentionActors> RetentionActorsBySql(const RetentionActorsQuestion& question,
                                                          pqxx::transaction_base& transaction);

}  // namespace donut::query
