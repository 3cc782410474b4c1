// The steps of a funnel as they are typed: `signup`, `signup|login` (any of them), `*` (any event), with a
// filter in brackets: `purchase[price > 10]`. A name with |, brackets or quotes in it stands in double quotes
// or backticks: `"a|b"`, two quotes within quotes being one. Errors are INVALID_ARGUMENT that point at the
// column. Plain functions, thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/funnel.pb.h"

namespace donut::cli {

absl::StatusOr<v1::FunnelStep> ParseStep(const std::string& text);

// The same, and where it must not be: `refund@1-3` is between the steps 1 and 3; without it anywhere.
absl::StatusOr<v1::FunnelExclusion> ParseExclusion(const std::string& text);

}  // namespace donut::cli
