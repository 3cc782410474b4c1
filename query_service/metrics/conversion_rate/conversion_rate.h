// GetConversionRate: the share of actors that did one thing and then another, which
// is the two-step funnel. docs/metrics/conversion_rate.md defines it. No state.
#pragma once

#include <pqxx/pqxx>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/conversion_rate.pb.h"
#include "query_service/query_scope.h"

namespace donut::query {

absl::StatusOr<v1::GetConversionRateResponse> ConversionRate(const v1::GetConversionRateRequest& request,
                                                             const QueryContext& context,
                                                             pqxx::transaction_base& transaction);

}  // namespace donut::query
