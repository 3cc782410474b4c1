#include "query_service/metrics/funnel.h"

#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/metrics/funnel_counts.h"
#include "query_service/metrics/funnel_question.h"
#include "query_service/rate.h"

namespace donut::query {
namespace {

v1::FunnelStepResult ToProto(const FunnelStepQuestion& question, const FunnelStepCount& step, int64_t first,
                             int64_t previous) {
  v1::FunnelStepResult result;
  result.set_label(question.label);
  *result.mutable_step() = ToProto(question);
  result.set_actor_count(step.actors);
  SetRate(ShareOf(step.actors, first), [&] { return result.mutable_conversion_from_first(); });
  SetRate(ShareOf(step.actors, previous), [&] { return result.mutable_conversion_from_previous(); });
  result.set_drop_off_count(previous - step.actors);
  SetRate(ShareOf(previous - step.actors, previous), [&] { return result.mutable_drop_off(); });
  if (step.time_from_previous) *result.mutable_time_from_previous() = *step.time_from_previous;
  return result;
}

}  // namespace

absl::StatusOr<v1::GetFunnelResponse> Funnel(const v1::GetFunnelRequest& request, const QueryContext& context,
                                             pqxx::transaction_base& transaction) {
  ASSIGN_OR_RETURN(const FunnelQuestion question, ResolveFunnel(request, context));
  ASSIGN_OR_RETURN(const FunnelCounts counts, CountFunnel(question, transaction));

  v1::GetFunnelResponse response;
  *response.mutable_scope() = ToProto(question.scope);
  *response.mutable_window() = donut::ToProto(question.window);
  response.set_actor(question.actor);
  const int64_t first = counts.steps.front().actors;
  int64_t previous = first;
  for (size_t i = 0; i < counts.steps.size(); ++i) {
    *response.add_steps() = ToProto(question.steps[i], counts.steps[i], first, previous);
    previous = counts.steps[i].actors;
  }
  SetRate(ShareOf(counts.steps.back().actors, first), [&] { return response.mutable_conversion(); });
  if (counts.time_to_convert) *response.mutable_time_to_convert() = *counts.time_to_convert;
  response.set_complete(question.complete(question.scope.end));
  response.set_actors_still_open_count(counts.actors_still_open);
  return response;
}

}  // namespace donut::query
