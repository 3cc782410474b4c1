// The actors behind a bar of a funnel as PostgreSQL finds them: funnel_actors.sql. No state; thread-safe.
#pragma once

#include <pqxx/pqxx>

#include "absl/status/statusor.h"
#include "query_service/metrics/funnel/funnel_actors_question.h"

namespace donut::query {

// INVALID_ARGUMENT for a filter that the database cannot read. Throws pqxx exceptions.
absl::StatusOr<FunnelActorsPage> FunnelActorsBySql(const FunnelActorsQuestion& question,
                                                   pqxx::transaction_base& transaction);

}  // namespace donut::query
