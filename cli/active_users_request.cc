#include "cli/active_users_request.h"

#include "cli/metric_words.h"
#include "common/status_macros.h"

namespace donut::cli {

absl::StatusOr<v1::GetActiveUsersRequest> ToActiveUsersRequest(const ActiveUsersArguments& arguments,
                                                               absl::Time now) {
  v1::GetActiveUsersRequest request;
  ASSIGN_OR_RETURN(*request.mutable_scope(), ToScope(arguments.scope, now));
  ASSIGN_OR_RETURN(const auto granularity, ParseGranularity("--by", arguments.by));
  request.set_granularity(granularity);
  ASSIGN_OR_RETURN(const auto actor, ParseActor(arguments.actor));
  request.set_actor(actor);
  for (const std::string& event : arguments.events) request.add_event_names(event);
  RETURN_IF_ERROR(SetBreakdown(arguments.breakdown, arguments.breakdown_limit, request));
  request.set_compare_to_previous(arguments.compare);
  return request;
}

}  // namespace donut::cli
