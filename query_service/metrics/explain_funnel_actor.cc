#include "query_service/metrics/explain_funnel_actor.h"

namespace donut::query {

absl::StatusOr<v1::ExplainFunnelActorResponse> ExplainFunnelActor(
    const v1::ExplainFunnelActorRequest& /*request*/, const QueryContext& /*context*/,
    pqxx::transaction_base& /*transaction*/) {
  return absl::UnimplementedError("ExplainFunnelActor is being built");
}

}  // namespace donut::query
