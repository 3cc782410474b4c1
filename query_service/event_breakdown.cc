#include "query_service/event_breakdown.h"

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/status_macros.h"
#include "query_service/event_filter.h"

namespace donut::query {

absl::StatusOr<EventBreakdown> ResolveBreakdown(const v1::Breakdown& breakdown, const std::string& field) {
  switch (breakdown.subject_case()) {
    case v1::Breakdown::kEventProperty:
      RETURN_IF_ERROR(CheckPropertyKey(breakdown.event_property(), field + ".event_property"));
      break;
    case v1::Breakdown::kUserProperty:
      RETURN_IF_ERROR(CheckPropertyKey(breakdown.user_property(), field + ".user_property"));
      break;
    case v1::Breakdown::kEventName:
      if (!breakdown.event_name()) return InvalidField(field + ".event_name", "must be true, or not set");
      break;
    default:
      return InvalidField(field, "must have one of event_property, user_property and event_name");
  }
  RETURN_IF_ERROR(CheckNestedKeys(breakdown, field));
  if (breakdown.limit() < 0 || breakdown.limit() > kMaxBreakdownLimit) {
    return InvalidField(field + ".limit", absl::StrCat("must be from 1 to ", kMaxBreakdownLimit,
                                                       ", or 0 for ", kDefaultBreakdownLimit));
  }
  EventBreakdown resolved{breakdown};
  if (breakdown.limit() == 0) resolved.proto.set_limit(kDefaultBreakdownLimit);
  return resolved;
}

}  // namespace donut::query
