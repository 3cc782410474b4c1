// A filter in the language of --where (cli/filter_expression.h): what an answer says that it was asked.
// Reading it back gives the same filter, but for a list of one. Plain functions, thread-safe.
#pragma once

#include <string>

#include "common/proto_alias.h"
#include "donut/analytics/v1/breakdown.pb.h"
#include "donut/analytics/v1/filter.pb.h"

namespace donut::cli {

std::string FilterText(const v1::Filter& filter);

// "plan", "user.country", "address->city", "event".
std::string BreakdownText(const v1::Breakdown& breakdown);

}  // namespace donut::cli
