// The actors behind a cell of retention out of histories: the fold finds them, PostgreSQL knows their texts
// and which of these make the page. No state; thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "query_service/engine.h"
#include "query_service/metrics/retention/retention_actors_question.h"

namespace donut::query {

absl::StatusOr<FoundRetentionActors> RetentionActorsByHistory(const RetentionActorsQuestion& question,
                                                              HistoryRun& run);

}  // namespace donut::query
