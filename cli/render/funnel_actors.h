// Who is behind a bar of a funnel, as terminal text and as CSV. Plain functions, thread-safe.
#pragma once

#include <string>

#include "cli/render/table.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/funnel_actors.pb.h"

namespace donut::cli {

// `request` says which bar it is; the response may hold several pages' actors.
std::string FunnelActorsText(const v1::ListFunnelActorsRequest& request,
                             const v1::ListFunnelActorsResponse& response, const PageOptions& options);
// A row per actor; with a breakdown its row and its value; one column per step for the time of reaching it.
std::string FunnelActorsCsv(const v1::ListFunnelActorsRequest& request,
                            const v1::ListFunnelActorsResponse& response);

}  // namespace donut::cli
