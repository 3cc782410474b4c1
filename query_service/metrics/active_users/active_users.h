// GetActiveUsers: docs/metrics/active_users.md. No state; thread-safe.
#pragma once

#include <pqxx/pqxx>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/active_users.pb.h"
#include "query_service/query_scope.h"

namespace donut::query {

inline constexpr int kMaxActiveUsersBuckets = 5'000;
// Of all rows of a breakdown together. An answer of so many, beside those of the interval and of the one
// before, is within the 4 MiB that gRPC clients take by default.
inline constexpr int kMaxActiveUsersBreakdownBuckets = 30'000;

absl::StatusOr<v1::GetActiveUsersResponse> ActiveUsers(const v1::GetActiveUsersRequest& request,
                                                       const QueryContext& context,
                                                       pqxx::transaction_base& transaction);

}  // namespace donut::query
