// Random filters, and properties of all types to try them on. The same seed makes the same. For tests.
// Not thread-safe.
#pragma once

#include "common/proto_alias.h"
#include "donut/analytics/v1/filter.pb.h"
#include "tests/reference/history.h"
#include "tests/reference/random_history.h"

namespace donut::testing {

// Up to three deep, about the properties that AddRandomProperties gives.
v1::Filter MakeRandomFilter(Dice& dice, int most_depth = 3);

// Properties of all types, absent ones and null, to events and to users.
void AddRandomProperties(Dice& dice, History& history);

}  // namespace donut::testing
