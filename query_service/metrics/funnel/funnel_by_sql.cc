#include "query_service/metrics/funnel/funnel_by_sql.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "query_service/metrics/funnel/funnel_histogram.h"
#include "query_service/metrics/funnel/funnel_run.h"
#include "query_service/metrics/funnel/funnel_statement.h"
#include "query_service/sql_values.h"

namespace donut::query {
namespace {

FunnelTimes TimesOf(const pqxx::row& row, const FunnelQuestion& question) {
  FunnelTimes times;
  times.statistics = DurationStatisticsFromRow(row, "took");
  if (!question.histogram || !times.statistics) return times;
  HistogramCounts counts;
  counts.shortest = row["took_min"].as<int64_t>();
  counts.longest = row["took_max"].as<int64_t>();
  counts.bin_count = row["bin_count"].as<int>();
  const std::vector<int64_t> bins = IntegersFromArray(row["bins"]);
  const std::vector<int64_t> laps = IntegersFromArray(row["bin_laps"]);
  for (size_t i = 0; i < bins.size(); ++i) counts.counts[static_cast<int>(bins[i])] = laps[i];
  times.histogram = ToBins(*question.histogram, counts);
  return times;
}

// `first`: the row of step 0, with those of all steps behind it.
FunnelCounts CountsOf(const pqxx::result& rows, pqxx::result::size_type first,
                      const FunnelQuestion& question) {
  FunnelCounts counts;
  counts.actors_still_open = rows[first]["still_open"].as<int64_t>();
  if (question.step_count() > 1) counts.to_convert = TimesOf(rows[first], question);
  for (int step = 1; step <= question.step_count(); ++step) {
    const pqxx::row row = rows[first + step];
    counts.steps.push_back({row["actors"].as<int64_t>(), TimesOf(row, question)});
  }
  return counts;
}

// What funnel_breakdown.sql calls the places of rows.
v1::BreakdownValue ValueOf(const pqxx::row& row, int limit) {
  v1::BreakdownValue value;
  const int place = row["place"].as<int>();
  if (place <= limit) value.set_text(row["value"].as<std::string>());
  if (place == limit + 1) value.set_other(true);
  if (place == limit + 2) value.set_none(true);
  if (place == limit + 3) value.set_not_reached(true);
  return value;
}

std::vector<std::string> CountsValues(const FunnelQuestion& question) {
  std::vector<std::string> values = TimedAttemptValues(question);
  if (!question.breakdown.empty()) values.push_back(absl::StrCat(question.breakdown.limit()));
  if (question.histogram) {
    values.push_back(absl::StrCat(static_cast<int>(question.histogram->rule())));
    values.push_back(absl::StrCat(question.histogram->count()));
    values.push_back(ToPostgresArray(EdgesInMicros(*question.histogram)));
  }
  return values;
}

absl::StatusOr<std::vector<FunnelBucketCount>> CountSeries(FunnelQuestion question,
                                                           pqxx::transaction_base& transaction) {
  // The series is of the whole.
  question.breakdown = EventBreakdown();
  question.attribution = v1::FUNNEL_ATTRIBUTION_UNSPECIFIED;
  std::vector<int64_t> starts;
  for (const CalendarBucket& bucket : question.series->buckets) {
    starts.push_back(absl::ToUnixMicros(std::max(bucket.start, question.scope.start)));
  }
  ASSIGN_OR_RETURN(const pqxx::result rows,
                   RunFunnel(FunnelSeriesSql(question), question, {ToPostgresArray(starts)}, transaction));
  std::vector<FunnelBucketCount> counts(starts.size());
  for (const pqxx::row& row : rows) {
    counts.at(row["bucket"].as<size_t>() - 1) = {
        row["entered"].as<int64_t>(), row["reached_from"].as<int64_t>(), row["reached_to"].as<int64_t>()};
  }
  return counts;
}

}  // namespace

absl::StatusOr<FunnelAnswer> FunnelBySql(const FunnelQuestion& question,
                                         pqxx::transaction_base& transaction) {
  ASSIGN_OR_RETURN(const pqxx::result rows,
                   RunFunnel(FunnelCountsSql(question), question, CountsValues(question), transaction));
  FunnelAnswer answer;
  answer.whole = CountsOf(rows, 0, question);
  if (!question.breakdown.empty()) answer.value_count = rows[0]["value_count"].as<int64_t>();
  const pqxx::result::size_type rows_per_place = question.step_count() + 1;
  for (pqxx::result::size_type first = rows_per_place; first < rows.size(); first += rows_per_place) {
    answer.rows.push_back(
        {ValueOf(rows[first], question.breakdown.limit()), CountsOf(rows, first, question)});
  }
  if (question.series) {
    ASSIGN_OR_RETURN(answer.buckets, CountSeries(question, transaction));
  }
  return answer;
}

}  // namespace donut::query
