// GetRetention: of the users that started in a period, how many came back how many
// periods later. docs/metrics/retention.md defines it. No state.
#pragma once

#include <pqxx/pqxx>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/retention.pb.h"
#include "query_service/query_scope.h"

namespace donut::query {

absl::StatusOr<v1::GetRetentionResponse> Retention(const v1::GetRetentionRequest& request,
                                                   const QueryContext& context,
                                                   pqxx::transaction_base& transaction);

}  // namespace donut::query
