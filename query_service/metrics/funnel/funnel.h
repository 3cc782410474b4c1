// GetFunnel: how many actors went how far through a series of steps, in order and in
// time. docs/metrics/funnel.md defines it. No state.
#pragma once

#include <pqxx/pqxx>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/funnel.pb.h"
#include "query_service/query_scope.h"

namespace donut::query {

absl::StatusOr<v1::GetFunnelResponse> Funnel(const v1::GetFunnelRequest& request, const QueryContext& context,
                                             pqxx::transaction_base& transaction);

}  // namespace donut::query
