// ListFunnelActors: who reached a step of a funnel, or dropped before it.
// docs/metrics/funnel_actors.md defines it. No state; thread-safe.
#pragma once

#include <pqxx/pqxx>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/funnel_actors.pb.h"
#include "query_service/query_scope.h"

namespace donut::query {

inline constexpr int kDefaultFunnelActorsPageSize = 50;
inline constexpr int kMaxFunnelActorsPageSize = 1'000;

absl::StatusOr<v1::ListFunnelActorsResponse> FunnelActors(const v1::ListFunnelActorsRequest& request,
                                                          const QueryContext& context,
                                                          pqxx::transaction_base& transaction);

}  // namespace donut::query
