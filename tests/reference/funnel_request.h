// From a funnel's request to the question that the oracle answers, and random requests. For tests. No state.
#pragma once

#include "common/proto_alias.h"
#include "donut/analytics/v1/funnel.pb.h"
#include "tests/reference/funnel.h"
#include "tests/reference/history.h"
#include "tests/reference/random_comparison.h"
#include "tests/reference/random_history.h"

namespace donut::testing {

// `scope`: as the answer repeats it. Points to `history`. Without presets.
FunnelByDefinitionQuestion QuestionByDefinition(const v1::GetFunnelRequest& request,
                                                const v1::ResolvedScope& scope, const History& history);

// A history of which much lies in the interval, and a funnel of names that occur: most actors enter, and the
// options matter. With AddRandomProperties and AddRandomFunnel.
RandomTrial<v1::GetFunnelRequest> MakeRandomFunnelTrial(Dice& dice, RandomHistoryOptions options);

// Steps, window, actor and all options of how they are followed, about what MakeRandomHistory and
// AddRandomProperties give; and to the events a property with few values, h, to hold constant. The scope must
// be set, and stays. Not set: breakdown, histogram and series.
void AddRandomFunnel(Dice& dice, History& history, v1::GetFunnelRequest& request);

// Breakdown, histogram and series, each in some requests. After AddRandomFunnel.
void AddRandomFunnelReports(Dice& dice, v1::GetFunnelRequest& request);

}  // namespace donut::testing
