// ListRetentionActors: who is behind a cell of retention.
// docs/metrics/retention_actors.md defines it. No state; thread-safe.
#pragma once

#include <pqxx/pqxx>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/retention_actors.pb.h"
#include "query_service/query_scope.h"

namespace donut::query {

inline constexpr int kDefaultRetentionActorsPageSize = 50;
inline constexpr int kMaxRetentionActorsPageSize = 1'000;

absl::StatusOr<v1::ListRetentionActorsResponse> RetentionActors(const v1::ListRetentionActorsRequest& request,
                                                                const QueryContext& context,
                                                                pqxx::transaction_base& transaction);

}  // namespace donut::query
