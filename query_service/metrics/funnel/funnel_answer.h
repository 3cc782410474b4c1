// What the answers of the funnel and of the conversion rate have in common. No state.
#pragma once

#include <pqxx/pqxx>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "common/proto_time.h"
#include "query_service/engine.h"
#include "query_service/metrics/funnel/funnel_by_history.h"
#include "query_service/metrics/funnel/funnel_by_sql.h"
#include "query_service/metrics/funnel/funnel_counts.h"
#include "query_service/metrics/funnel/funnel_question.h"

namespace donut::query {

// By the engine that the question's scope asks for, which then says in the scope what answered.
inline absl::StatusOr<FunnelAnswer> CountFunnel(const QueryContext& context,
                                                pqxx::transaction_base& transaction,
                                                FunnelQuestion& question) {
  return AnswerBy(
      context, transaction, question.scope, [&](HistoryRun& run) { return FunnelByHistory(question, run); },
      [&] { return FunnelBySql(question, transaction); });
}

// The question as it was understood, and what depends on nothing else.
template <typename Response>
void SetQuestion(const FunnelQuestion& question, Response& response) {
  *response.mutable_scope() = ToProto(question.scope);
  *response.mutable_window() = donut::ToProto(question.window);
  response.set_actor(question.actor);
  response.set_range_applies_to(question.range);
  response.set_ties(question.ties);
  for (const FunnelExclusionQuestion& exclusion : question.exclusions) {
    *response.add_exclusions() = ToProto(exclusion);
  }
  *response.mutable_hold_constant() = {question.held.begin(), question.held.end()};
  if (!question.breakdown.empty()) *response.mutable_breakdown() = question.breakdown.proto;
  response.set_attribution(question.attribution);
  response.set_attribution_step(question.attribution_step);
  if (question.histogram) *response.mutable_histogram() = *question.histogram;
  response.set_complete(question.complete(question.scope.end));
}

// Of the whole, or of a row of the breakdown.
template <typename Response>
void SetTimesAndOpen(const FunnelCounts& counts, Response& response) {
  if (counts.to_convert.statistics) *response.mutable_time_to_convert() = *counts.to_convert.statistics;
  *response.mutable_time_to_convert_histogram() = counts.to_convert.histogram;
  response.set_actors_still_open_count(counts.actors_still_open);
}

// The bucket at this place of the series. Nobody who entered in a complete one can still get further.
inline v1::Bucket SeriesBucket(const FunnelQuestion& question, size_t place) {
  const CalendarBucket& bucket = question.series->buckets[place];
  v1::Bucket proto = ToProto(bucket, question.series->granularity, question.scope);
  proto.set_complete(proto.complete() && question.complete(bucket.end));
  return proto;
}

}  // namespace donut::query
