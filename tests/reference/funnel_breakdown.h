// The rows of a funnel's breakdown by their definition: every actor in exactly one. For tests. No state.
#pragma once

#include <vector>

#include "tests/reference/funnel.h"
#include "tests/reference/funnel_attempts.h"
#include "tests/reference/history.h"

namespace donut::testing {

// Sets the actor's value. `events`: what the funnel reads of the actor. The timed attempt must be set.
void AttributeByDefinition(const std::vector<FunnelEventByDefinition>& events, const History& history,
                           const FunnelByDefinitionQuestion& question, FunnelActorByDefinition& actor);

// Sets the rows, from each_actor, and there in_other.
void BreakDownByDefinition(const FunnelByDefinitionQuestion& question, FunnelByDefinitionAnswer& answer);

// Those of a row; of a value that has none of its own, because it is beyond the limit, its actors among
// `other`. Nobody where there is no such row.
std::vector<FunnelActorByDefinition> ActorsOfRowByDefinition(const FunnelByDefinitionAnswer& answer,
                                                             const v1::BreakdownValue& row);

// What these actors count for.
FunnelCountsByDefinition CountByDefinition(const std::vector<FunnelActorByDefinition>& actors,
                                           const FunnelByDefinitionQuestion& question);

}  // namespace donut::testing
