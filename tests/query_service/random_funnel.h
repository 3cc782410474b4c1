// Random funnels of every option on small random histories, and the same question for the oracle. For
// tests. No state.
#pragma once

#include "common/proto_alias.h"
#include "donut/analytics/v1/conversion_rate.pb.h"
#include "donut/analytics/v1/funnel.pb.h"
#include "query_service/metrics/funnel_question.h"
#include "tests/reference/funnel.h"
#include "tests/reference/random_comparison.h"

namespace donut::testing {

// Only requests that the service takes.
RandomTrial<v1::GetFunnelRequest> MakeFunnelTrial(Dice& dice);
RandomTrial<v1::GetConversionRateRequest> MakeConversionTrial(Dice& dice);

// Without the scope's filter: SeenHistory has passed it already. Refers to `history`.
FunnelByDefinitionQuestion QuestionByDefinition(const query::FunnelQuestion& question,
                                                const History& history);

}  // namespace donut::testing
