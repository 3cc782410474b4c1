// Why a funnel counts an actor as it does, as terminal text and as CSV. Plain functions, thread-safe.
#pragma once

#include <string>

#include "cli/render/table.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/explain_funnel_actor.pb.h"

namespace donut::cli {

std::string ExplainFunnelActorText(const v1::ExplainFunnelActorRequest& request,
                                   const v1::ExplainFunnelActorResponse& response,
                                   const PageOptions& options);
// A row per event.
std::string ExplainFunnelActorCsv(const v1::ExplainFunnelActorRequest& request,
                                  const v1::ExplainFunnelActorResponse& response);

}  // namespace donut::cli
