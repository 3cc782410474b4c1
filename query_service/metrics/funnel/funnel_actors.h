// ListFunnelActors: who reached a step of a funnel, or dropped before it; of all, or of a row of its
// breakdown. docs/metrics/funnel_actors.md defines it. No state; thread-safe.
#pragma once

#include <cstddef>
#include <pqxx/pqxx>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/funnel_actors.pb.h"
#include "query_service/query_scope.h"

namespace donut::query {

inline constexpr int kDefaultFunnelActorsPageSize = 50;
inline constexpr int kMaxFunnelActorsPageSize = 1'000;
// A page ends behind the actor that gets it there: values may be long, and an answer that is too large for a
// message would be none.
inline constexpr size_t kMaxFunnelActorsPageBytes = 2 << 20;

absl::StatusOr<v1::ListFunnelActorsResponse> FunnelActors(const v1::ListFunnelActorsRequest& request,
                                                          const QueryContext& context,
                                                          pqxx::transaction_base& transaction);

}  // namespace donut::query
