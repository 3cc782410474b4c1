// A summary whose numbers add up, for the tests of the view.
#pragma once

#include <string>

#include "common/proto_alias.h"
#include "donut/analytics/v1/summary.pb.h"

namespace donut::testing {

// With a 95 % interval when `of_actors`.
v1::Rate SampleRate(int64_t part, int64_t whole, bool of_actors = true);

// `days` days that end with 2024-03-10 (not over), with users on most of them.
v1::GetActiveUsersResponse SampleActiveUsers(int days);

// 200 runs: 150 cleaned, 120 labeled, 90 completed, 105 failed, 5 open.
v1::GetPipelineFunnelResponse SamplePipelineFunnel(const std::string& pipeline);

// All of it over 14 days.
v1::GetSummaryResponse SampleSummary();

}  // namespace donut::testing
