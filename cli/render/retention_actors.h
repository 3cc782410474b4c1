// The users behind a cell of retention, as terminal text and as CSV. Plain functions, thread-safe.
#pragma once

#include <string>

#include "cli/render/table.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/retention_actors.pb.h"

namespace donut::cli {

// `request` says which cell it is; the response may hold several pages' actors.
std::string RetentionActorsText(const v1::ListRetentionActorsRequest& request,
                                const v1::ListRetentionActorsResponse& response, const PageOptions& options);
std::string RetentionActorsCsv(const v1::ListRetentionActorsResponse& response);

}  // namespace donut::cli
