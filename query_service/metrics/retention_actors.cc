#include "query_service/metrics/retention_actors.h"

namespace donut::query {

absl::StatusOr<v1::ListRetentionActorsResponse> RetentionActors(
    const v1::ListRetentionActorsRequest& /*request*/, const QueryContext& /*context*/,
    pqxx::transaction_base& /*transaction*/) {
  return absl::UnimplementedError("ListRetentionActors is being built");
}

}  // namespace donut::query
