// Answers of funnels, conversion rates, retention and active users whose numbers add up, for the tests of
// what is shown of them. Plain functions.
#pragma once

#include "common/proto_alias.h"
#include "donut/analytics/v1/active_users.pb.h"
#include "donut/analytics/v1/conversion_rate.pb.h"
#include "donut/analytics/v1/funnel.pb.h"
#include "donut/analytics/v1/retention.pb.h"

namespace donut::testing {

// February 2024 in UTC, seen as of 2024-03-10 15:00.
v1::ResolvedScope SampleScope();

// visit, signup, purchase [price > 10]: 400, 300, 60 users, with times; nothing else.
v1::GetFunnelResponse SampleFunnel();
// The same with exclusions, a breakdown, histograms and a series.
v1::GetFunnelResponse FullFunnel();

v1::GetConversionRateResponse SampleConversionRate();

// 28 days with a breakdown by platform and the interval before.
v1::GetActiveUsersResponse SampleAnswer();

// Weeks in brackets, by plan, with the value of price.
v1::GetRetentionResponse SampleBrackets();

}  // namespace donut::testing
