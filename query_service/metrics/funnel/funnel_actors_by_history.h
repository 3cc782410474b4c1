// The actors behind a bar of a funnel out of histories: the fold finds them, and a statement their texts. No
// state; thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "query_service/engine.h"
#include "query_service/metrics/funnel/funnel_actors_question.h"

namespace donut::query {

// INVALID_ARGUMENT for a regular expression that PostgreSQL does not read. Throws pqxx exceptions.
absl::StatusOr<FunnelActorsPage> FunnelActorsByHistory(const FunnelActorsQuestion& question, HistoryRun& run);

}  // namespace donut::query
