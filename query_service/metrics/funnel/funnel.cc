#include "query_service/metrics/funnel/funnel.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/metrics/funnel/funnel_answer.h"
#include "query_service/metrics/funnel/funnel_counts.h"
#include "query_service/metrics/funnel/funnel_question.h"
#include "query_service/rate.h"

namespace donut::query {
namespace {

v1::FunnelStepResult ToProto(const std::string& label, const FunnelStepQuestion& question,
                             const FunnelStepCount& step, int64_t first, int64_t previous) {
  v1::FunnelStepResult result;
  result.set_label(label);
  *result.mutable_step() = ToProto(question);
  result.set_actor_count(step.actors);
  SetRate(ShareOf(step.actors, first), [&] { return result.mutable_conversion_from_first(); });
  SetRate(ShareOf(step.actors, previous), [&] { return result.mutable_conversion_from_previous(); });
  result.set_drop_off_count(previous - step.actors);
  SetRate(ShareOf(previous - step.actors, previous), [&] { return result.mutable_drop_off(); });
  if (step.from_previous.statistics) *result.mutable_time_from_previous() = *step.from_previous.statistics;
  *result.mutable_time_from_previous_histogram() = step.from_previous.histogram;
  return result;
}

// In any order a step's number is how many were done, whichever.
std::string LabelOf(const FunnelQuestion& question, size_t place) {
  if (question.order != v1::FUNNEL_ORDER_UNORDERED) return question.steps[place].label;
  return absl::StrCat("any ", place + 1, " of the ", question.step_count(), " steps");
}

// The whole answer and a row of its breakdown have these fields in common.
template <typename Response>
void SetCounts(const FunnelQuestion& question, const FunnelCounts& counts, Response& response) {
  const int64_t first = counts.steps.front().actors;
  int64_t previous = first;
  for (size_t i = 0; i < counts.steps.size(); ++i) {
    *response.add_steps() =
        ToProto(LabelOf(question, i), question.steps[i], counts.steps[i], first, previous);
    previous = counts.steps[i].actors;
  }
  SetRate(ShareOf(counts.steps.back().actors, first), [&] { return response.mutable_conversion(); });
  SetTimesAndOpen(counts, response);
}

v1::FunnelSeries ToProto(const FunnelSeriesQuestion& series) {
  v1::FunnelSeries proto;
  proto.set_granularity(series.granularity);
  proto.set_from_step(series.from_step);
  proto.set_to_step(series.to_step);
  return proto;
}

}  // namespace

absl::StatusOr<v1::GetFunnelResponse> Funnel(const v1::GetFunnelRequest& request, const QueryContext& context,
                                             pqxx::transaction_base& transaction) {
  ASSIGN_OR_RETURN(FunnelQuestion question, ResolveFunnel(request, context));
  ASSIGN_OR_RETURN(const FunnelAnswer answer, CountFunnel(context, transaction, question));

  v1::GetFunnelResponse response;
  SetQuestion(question, response);
  response.set_order(question.order);
  SetCounts(question, answer.whole, response);
  for (const FunnelRow& row : answer.rows) {
    v1::FunnelBreakdownRow& added = *response.add_breakdown_rows();
    *added.mutable_value() = row.value;
    SetCounts(question, row.counts, added);
  }
  response.set_breakdown_value_count(answer.value_count);
  if (question.series) *response.mutable_series() = ToProto(*question.series);
  for (size_t i = 0; i < answer.buckets.size(); ++i) {
    v1::FunnelSeriesBucket& bucket = *response.add_series_buckets();
    *bucket.mutable_bucket() = SeriesBucket(question, i);
    bucket.set_entered_count(answer.buckets[i].entered);
    bucket.set_from_count(answer.buckets[i].reached_from);
    bucket.set_to_count(answer.buckets[i].reached_to);
    SetRate(ShareOf(bucket.to_count(), bucket.from_count()), [&] { return bucket.mutable_conversion(); });
  }
  return response;
}

}  // namespace donut::query
