#include "query_service/metrics/conversion_rate/conversion_rate.h"

#include "common/status_macros.h"
#include "query_service/metrics/funnel/funnel_answer.h"
#include "query_service/metrics/funnel/funnel_counts.h"
#include "query_service/metrics/funnel/funnel_question.h"
#include "query_service/rate.h"

namespace donut::query {
namespace {

// The whole answer, a row of its breakdown and a bucket of its series have these fields in common.
template <typename Response>
void SetConversion(int64_t entered, int64_t converted, Response& response) {
  response.set_entered_count(entered);
  response.set_converted_count(converted);
  SetRate(ShareOf(converted, entered), [&] { return response.mutable_conversion(); });
}

template <typename Response>
void SetCounts(const FunnelCounts& counts, Response& response) {
  SetConversion(counts.steps.front().actors, counts.steps.back().actors, response);
  SetTimesAndOpen(counts, response);
}

}  // namespace

absl::StatusOr<v1::GetConversionRateResponse> ConversionRate(const v1::GetConversionRateRequest& request,
                                                             const QueryContext& context,
                                                             pqxx::transaction_base& transaction) {
  ASSIGN_OR_RETURN(FunnelQuestion question, ResolveFunnel(request, context));
  ASSIGN_OR_RETURN(const FunnelAnswer answer, CountFunnel(context, transaction, question));

  v1::GetConversionRateResponse response;
  SetQuestion(question, response);
  response.set_from_label(question.steps.front().label);
  response.set_to_label(question.steps.back().label);
  *response.mutable_from() = ToProto(question.steps.front());
  *response.mutable_to() = ToProto(question.steps.back());
  SetCounts(answer.whole, response);
  for (const FunnelRow& row : answer.rows) {
    v1::ConversionRateBreakdownRow& added = *response.add_breakdown_rows();
    *added.mutable_value() = row.value;
    SetCounts(row.counts, added);
  }
  response.set_breakdown_value_count(answer.value_count);
  if (question.series) response.set_series_granularity(question.series->granularity);
  for (size_t i = 0; i < answer.buckets.size(); ++i) {
    v1::ConversionRateSeriesBucket& bucket = *response.add_series_buckets();
    *bucket.mutable_bucket() = SeriesBucket(question, i);
    SetConversion(answer.buckets[i].entered, answer.buckets[i].reached_to, bucket);
  }
  return response;
}

}  // namespace donut::query
