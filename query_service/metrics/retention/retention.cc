#include "query_service/metrics/retention/retention.h"

#include <cstdint>

#include "common/status_macros.h"
#include "query_service/engine.h"
#include "query_service/metrics/retention/retention_by_history.h"
#include "query_service/metrics/retention/retention_by_sql.h"
#include "query_service/metrics/retention/retention_counts.h"
#include "query_service/metrics/retention/retention_question.h"
#include "query_service/rate.h"

namespace donut::query {
namespace {

// `message` has a field `value`, which stays absent when no value is asked for.
template <typename Message>
void SetValue(const RetentionQuestion& question, const RetentionCount& count, int64_t size,
              Message& message) {
  if (question.value_property.empty()) return;
  v1::RetentionValue& value = *message.mutable_value();
  value.set_sum(count.value_sum);
  value.set_cumulative_sum(count.cumulative_sum);
  if (size > 0) value.set_cumulative_per_actor(count.cumulative_sum / static_cast<double>(size));
}

// Of the offset, or of the bracket.
template <typename Message>
void SetOffsets(const RetentionQuestion& question, const RetentionOffsets& column, Message& message) {
  message.set_offset(static_cast<int32_t>(column.first));
  if (question.mode == v1::RETENTION_MODE_BRACKET) message.set_last_offset(static_cast<int32_t>(column.last));
}

void AddCohort(const RetentionQuestion& question, const RetentionTable& table, size_t place,
               v1::RetentionCohort& cohort) {
  *cohort.mutable_bucket() = ToProto(question.periods[place], question.period, question.scope);
  const RetentionCount itself = table.At(place, RetentionTable::kCohortItself);
  cohort.set_size(itself.actors);
  SetValue(question, itself, cohort.size(), cohort);
  for (size_t i = 0; i < question.columns.size(); ++i) {
    const RetentionCount count = table.At(place, i);
    v1::RetentionCell& cell = *cohort.add_cells();
    SetOffsets(question, question.columns[i], cell);
    cell.set_retained_count(count.actors);
    cell.set_complete(question.complete(place, question.columns[i]));
    SetRate(ShareOf(cell.retained_count(), cohort.size()), [&] { return cell.mutable_retention(); });
    SetValue(question, count, cohort.size(), cell);
  }
}

// Adds up the complete cells of `message`, which has its cohorts already.
template <typename Message>
void AddPooled(const RetentionQuestion& question, const RetentionTable& table, Message& message) {
  for (size_t i = 0; i < question.columns.size(); ++i) {
    v1::PooledRetention& pooled = *message.add_pooled();
    SetOffsets(question, question.columns[i], pooled);
    for (const v1::RetentionCohort& cohort : message.cohorts()) {
      const v1::RetentionCell& cell = cohort.cells(static_cast<int>(i));
      if (!cell.complete()) continue;
      pooled.set_retained_count(pooled.retained_count() + cell.retained_count());
      pooled.set_size(pooled.size() + cohort.size());
      pooled.set_cohort_count(pooled.cohort_count() + 1);
    }
    SetRate(ShareOf(pooled.retained_count(), pooled.size()), [&] { return pooled.mutable_retention(); });
    if (question.kind == v1::RETENTION_KIND_RECURRING && pooled.has_retention()) {
      // A user is in many cohorts: this is no share of distinct actors.
      pooled.mutable_retention()->clear_low();
      pooled.mutable_retention()->clear_high();
    }
    SetValue(question, table.At(RetentionTable::kComplete, i), pooled.size(), pooled);
  }
}

template <typename Message>
void AddTable(const RetentionQuestion& question, const RetentionTable& table, Message& message) {
  for (size_t place = 0; place < question.cohorts; ++place) {
    AddCohort(question, table, place, *message.add_cohorts());
  }
  AddPooled(question, table, message);
}

}  // namespace

absl::StatusOr<v1::GetRetentionResponse> Retention(const v1::GetRetentionRequest& request,
                                                   const QueryContext& context,
                                                   pqxx::transaction_base& transaction) {
  ASSIGN_OR_RETURN(RetentionQuestion question, ResolveRetention(request, context));
  ASSIGN_OR_RETURN(const RetentionCounts counts,
                   AnswerBy(
                       context, transaction, question.scope,
                       [&](HistoryRun& run) { return RetentionByHistory(question, run); },
                       [&] { return RetentionBySql(question, transaction); }));

  v1::GetRetentionResponse response;
  RepeatQuestion(request, question, response);
  AddTable(question, counts.all, response);
  response.set_breakdown_value_count(counts.breakdown_value_count);
  for (const auto& [value, table] : counts.rows) {
    v1::RetentionBreakdownRow& row = *response.add_breakdown_rows();
    *row.mutable_value() = value;
    AddTable(question, table, row);
    for (const v1::RetentionCohort& cohort : row.cohorts()) row.set_size(row.size() + cohort.size());
  }
  return response;
}

}  // namespace donut::query
