#include "query_service/metrics/conversion_rate.h"

#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/metrics/funnel_counts.h"
#include "query_service/metrics/funnel_question.h"
#include "query_service/rate.h"

namespace donut::query {

absl::StatusOr<v1::GetConversionRateResponse> ConversionRate(const v1::GetConversionRateRequest& request,
                                                             const QueryContext& context,
                                                             pqxx::transaction_base& transaction) {
  ASSIGN_OR_RETURN(const FunnelQuestion question, ResolveFunnel(request, context));
  ASSIGN_OR_RETURN(const FunnelCounts counts, CountFunnel(question, transaction));

  v1::GetConversionRateResponse response;
  *response.mutable_scope() = ToProto(question.scope);
  *response.mutable_window() = donut::ToProto(question.window);
  response.set_actor(question.actor);
  response.set_from_label(question.steps.front().label);
  response.set_to_label(question.steps.back().label);
  *response.mutable_from() = ToProto(question.steps.front());
  *response.mutable_to() = ToProto(question.steps.back());
  response.set_entered_count(counts.steps.front().actors);
  response.set_converted_count(counts.steps.back().actors);
  SetRate(ShareOf(response.converted_count(), response.entered_count()),
          [&] { return response.mutable_conversion(); });
  if (counts.time_to_convert) *response.mutable_time_to_convert() = *counts.time_to_convert;
  response.set_complete(question.complete(question.scope.end));
  response.set_actors_still_open_count(counts.actors_still_open);
  return response;
}

}  // namespace donut::query
