#include "query_service/metrics/funnel_question.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/grpc_status.h"
#include "common/proto_time.h"
#include "common/status_macros.h"

namespace donut::query {
namespace {

absl::StatusOr<FunnelStepQuestion> ResolveStep(const v1::FunnelStep& step, const std::string& field) {
  const std::string names_field = field + ".event_names";
  FunnelStepQuestion resolved;
  ASSIGN_OR_RETURN(resolved.event_names,
                   ResolveEventNames(step.event_names(), names_field, kMaxNamesPerFunnelStep));
  if (resolved.event_names.empty() && !step.any_event()) {
    return InvalidField(names_field, "must have a name, unless any_event is set");
  }
  if (!resolved.event_names.empty() && step.any_event()) {
    return InvalidField(field + ".any_event", "must not be set beside event_names: any event includes them");
  }
  RETURN_IF_ERROR(CheckText(step.label(), kMaxFunnelLabelBytes, field + ".label"));
  resolved.label = !step.label().empty() ? step.label()
                   : step.any_event()    ? "any event"
                                         : absl::StrJoin(resolved.event_names, " or ");
  ASSIGN_OR_RETURN(resolved.filter, ResolveFilterOf(step, field + ".filter"));
  return resolved;
}

// What both requests have in common. Events have no finer times than microseconds,
// so a window of 1.5 microseconds is one of 1.
template <typename Request>
absl::Status ResolveCommon(const Request& request, const QueryContext& context, FunnelQuestion& question) {
  ASSIGN_OR_RETURN(question.scope, ResolveScope(request.scope(), context));
  ASSIGN_OR_RETURN(question.actor, ResolveActor(request.actor(), "actor"));
  question.window = kDefaultFunnelWindow;
  if (!request.has_window()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const absl::Duration window, FromProto(request.window(), "window"));
  if (window < kMinFunnelWindow || window > kMaxFunnelWindow) {
    return InvalidField("window", "must be from 1 microsecond to 366 days (31622400s)");
  }
  question.window = absl::Floor(window, absl::Microseconds(1));
  return absl::OkStatus();
}

}  // namespace

v1::FunnelStep ToProto(const FunnelStepQuestion& step) {
  v1::FunnelStep proto;
  *proto.mutable_event_names() = {step.event_names.begin(), step.event_names.end()};
  proto.set_any_event(step.event_names.empty());
  proto.set_label(step.label);
  if (!step.filter.empty()) *proto.mutable_filter() = step.filter.proto;
  return proto;
}

absl::StatusOr<FunnelQuestion> ResolveFunnel(const v1::GetFunnelRequest& request,
                                             const QueryContext& context) {
  FunnelQuestion question;
  RETURN_IF_ERROR(ResolveCommon(request, context, question));
  if (request.steps().empty() || request.steps_size() > kMaxFunnelSteps) {
    return InvalidField("steps", absl::StrCat("must have 1 to ", kMaxFunnelSteps, " steps"));
  }
  for (int i = 0; i < request.steps_size(); ++i) {
    ASSIGN_OR_RETURN(FunnelStepQuestion step, ResolveStep(request.steps(i), absl::StrCat("steps[", i, "]")));
    question.steps.push_back(std::move(step));
  }
  return question;
}

absl::StatusOr<FunnelQuestion> ResolveFunnel(const v1::GetConversionRateRequest& request,
                                             const QueryContext& context) {
  FunnelQuestion question;
  RETURN_IF_ERROR(ResolveCommon(request, context, question));
  ASSIGN_OR_RETURN(FunnelStepQuestion from, ResolveStep(request.from(), "from"));
  ASSIGN_OR_RETURN(FunnelStepQuestion to, ResolveStep(request.to(), "to"));
  question.steps = {std::move(from), std::move(to)};
  return question;
}

}  // namespace donut::query
