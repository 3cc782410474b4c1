#include "query_service/metrics/funnel_actors.h"

namespace donut::query {

absl::StatusOr<v1::ListFunnelActorsResponse> FunnelActors(const v1::ListFunnelActorsRequest& /*request*/,
                                                          const QueryContext& /*context*/,
                                                          pqxx::transaction_base& /*transaction*/) {
  return absl::UnimplementedError("ListFunnelActors is being built");
}

}  // namespace donut::query
