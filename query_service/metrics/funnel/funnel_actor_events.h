// The events of one actor that a funnel looks at, by either engine: what a walk explains. No state;
// thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <pqxx/pqxx>
#include <vector>

#include "absl/status/statusor.h"
#include "query_service/engine.h"
#include "query_service/metrics/funnel/funnel_question.h"
#include "query_service/metrics/funnel/funnel_walk.h"

namespace donut::query {

struct FunnelActorKey {
  int64_t user = 0;
  // The keys of one session: one, or of a session that was going on before sessions were keyed by their text
  // alone several. Nothing: all of the user's events.
  std::optional<std::vector<int64_t>> sessions;
};

// At most `most` of them: explain_funnel_actor.sql. INVALID_ARGUMENT for a filter that the database cannot
// read. Throws pqxx exceptions.
absl::StatusOr<std::vector<FunnelWalkEvent>> FunnelActorEventsBySql(const FunnelQuestion& question,
                                                                    const FunnelActorKey& actor, int64_t most,
                                                                    pqxx::transaction_base& transaction);

// INVALID_ARGUMENT for a regular expression that PostgreSQL does not read; a session of several keys is left
// to SQL.
absl::StatusOr<std::vector<FunnelWalkEvent>> FunnelActorEventsByHistory(const FunnelQuestion& question,
                                                                        const FunnelActorKey& actor,
                                                                        HistoryRun& run);

}  // namespace donut::query
