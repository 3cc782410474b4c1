#include "query_service/metrics/funnel/funnel_by_history.h"

#include <memory>
#include <utility>
#include <vector>

#include "common/status_macros.h"
#include "query_service/metrics/funnel/funnel_fold.h"
#include "query_service/metrics/funnel/funnel_plan.h"
#include "query_service/metrics/funnel/funnel_rows.h"
#include "query_service/metrics/funnel/funnel_totals.h"

namespace donut::query {
namespace {

void CountRows(const FunnelQuestion& question, const FunnelFold& fold, const FunnelRows& rows,
               FunnelAnswer& answer) {
  std::vector<FunnelTotals> totals(static_cast<size_t>(rows.size()), FunnelTotals(question));
  const int64_t* times_us = fold.times_us().data();
  for (const FunnelFold::Actor& actor : fold.actors()) {
    totals[static_cast<size_t>(rows.RowOf(actor.value))].Add(times_us, actor.level, actor.is_open);
    times_us += actor.level;
  }
  answer.value_count = rows.value_count();
  for (int row = 0; row < rows.size(); ++row) {
    FunnelTotals& total = totals[static_cast<size_t>(row)];
    if (!total.empty()) answer.rows.push_back({rows.ValueOf(row), std::move(total).Counts()});
  }
}

}  // namespace

absl::StatusOr<FunnelAnswer> FunnelByHistory(const FunnelQuestion& question, HistoryRun& run) {
  ASSIGN_OR_RETURN(const std::unique_ptr<ActorScan> scan, run.Open(FunnelEventQuestion(question)));
  ASSIGN_OR_RETURN(const FunnelFold fold,
                   FoldActors(*scan, FunnelFold(std::make_shared<const FunnelQuestion>(question))));
  FunnelAnswer answer;
  FunnelTotals whole(question);
  const int64_t* times_us = fold.times_us().data();
  for (const FunnelFold::Actor& actor : fold.actors()) {
    whole.Add(times_us, actor.level, actor.is_open);
    times_us += actor.level;
  }
  answer.whole = std::move(whole).Counts();
  if (!question.breakdown.empty()) {
    const ValueNames& names = scan->value_names(question.held.size());
    CountRows(question, fold, FunnelRows(fold, names, question.breakdown.limit()), answer);
  }
  answer.buckets = fold.buckets();
  return answer;
}

}  // namespace donut::query
