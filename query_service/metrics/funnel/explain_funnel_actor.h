// ExplainFunnelActor: why a funnel counts an actor as it does.
// docs/metrics/explain_funnel_actor.md defines it. No state; thread-safe.
#pragma once

#include <pqxx/pqxx>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/explain_funnel_actor.pb.h"
#include "query_service/query_scope.h"

namespace donut::query {

// Of one actor that are taken in: more are RESOURCE_EXHAUSTED.
inline constexpr int kMaxExplainedEvents = 100'000;
// Of these, in the answer.
inline constexpr int kMaxShownFunnelEvents = 2'000;

absl::StatusOr<v1::ExplainFunnelActorResponse> ExplainFunnelActor(
    const v1::ExplainFunnelActorRequest& request, const QueryContext& context,
    pqxx::transaction_base& transaction);

}  // namespace donut::query
