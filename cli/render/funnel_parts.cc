#include "cli/render/funnel_parts.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "cli/render/display_text.h"
#include "cli/render/figures.h"
#include "cli/render/filter_text.h"
#include "cli/render/funnel.h"
#include "cli/render/question.h"

namespace donut::cli {
namespace {

using Kind = Table::Kind;

// A column of a step in the breakdown: "100%" and the gap.
constexpr int kStepColumnWidth = 8;
constexpr int kRoomOfValues = 22;
constexpr int kMaxStepNameWidth = 24;

std::string IntervalOrDash(bool has_rate, const v1::Rate& rate) {
  const std::string interval = RateInterval(has_rate, rate);
  return interval.empty() ? kAbsent : interval;
}

std::string Median(bool has_times, const v1::DurationStatistics& times) {
  return has_times ? Seconds(times.median_seconds()) : kAbsent;
}

void RenderHistogram(const std::string& title, int64_t count,
                     const google::protobuf::RepeatedPtrField<v1::HistogramBin>& bins, Page& page) {
  if (bins.empty()) return;
  page.BlankLine();
  Table table({{title, Kind::kText}, {"", Kind::kNumber}, {"", Kind::kBar}, {"share", Kind::kNumber}});
  int64_t most = 0;
  for (const v1::HistogramBin& bin : bins) most = std::max(most, bin.count());
  for (int i = 0; i < bins.size(); ++i) {
    // Many empty bins in a row are one.
    int last = i;
    while (bins[i].count() == 0 && last + 1 < bins.size() && bins[last + 1].count() == 0) ++last;
    if (last + 1 - i < kMinCollapsedRows) last = i;
    const v1::HistogramBin& bin = bins[i];
    const v1::HistogramBin& end = bins[last];
    const std::string range =
        end.has_high_seconds() ? absl::StrCat(Seconds(bin.low_seconds()), " to ", Seconds(end.high_seconds()))
                               : absl::StrCat(Seconds(bin.low_seconds()), " and longer");
    table.Row({range,
               Count(bin.count()),
               Table::Cell::OfBar(Share(bin.count(), most)),
               {count > 0 ? Percent(Share(bin.count(), count)) : kAbsent, Tone::kQuiet}});
    i = last;
  }
  table.RenderTo(page);
}

// Of those who entered, how many got to the steps between: as many columns as there is room for.
void RenderStepShares(const v1::GetFunnelResponse& response, Page& page) {
  const int steps = response.steps_size();
  const int room = (page.width() - kRoomOfValues) / kStepColumnWidth;
  const int last = std::min(steps, 1 + std::max(room, 1));
  if (steps <= 2) return;
  std::vector<Table::Column> columns = {{"reached step", Kind::kText}};
  for (int step = 2; step <= last; ++step) columns.push_back({absl::StrCat(step), Kind::kNumber});
  page.BlankLine();
  Table table(columns);
  for (const v1::FunnelBreakdownRow& row : response.breakdown_rows()) {
    std::vector<Table::Cell> cells = {ValueLabel(row.value())};
    for (int i = 1; i < last && i < row.steps_size(); ++i) {
      cells.emplace_back(
          Percent(row.steps(i).has_conversion_from_first(), row.steps(i).conversion_from_first()));
    }
    table.Row(std::move(cells));
  }
  table.RenderTo(page);
  if (last < steps) page.Paragraph("further steps: --csv has all", Tone::kQuiet);
}

std::string StepName(const v1::GetFunnelResponse& response, int step) {
  const bool known = step >= 1 && step <= response.steps_size();
  if (!known || response.order() == v1::FUNNEL_ORDER_UNORDERED) return absl::StrCat("step ", step);
  return CutToWidth(StepLabel(response.steps(step - 1)), kMaxStepNameWidth);
}

void AddSeriesRow(const v1::GetFunnelResponse& response, const v1::FunnelSeriesBucket& bucket, int64_t most,
                  Table& table) {
  const bool complete = bucket.bucket().complete();
  const Tone tone = complete ? Tone::kPlain : Tone::kQuiet;
  std::vector<Table::Cell> cells = {
      {absl::StrCat(BucketLabel(response.series().granularity(), bucket.bucket().label()),
                    complete ? "" : " *"),
       tone},
      {Count(bucket.entered_count()), tone}};
  if (response.series().from_step() > 1) cells.emplace_back(Count(bucket.from_count()), tone);
  cells.emplace_back(Count(bucket.to_count()), tone);
  cells.push_back(Table::Cell::OfBarWithLoss(Share(bucket.to_count(), most),
                                             Share(bucket.from_count() - bucket.to_count(), most)));
  cells.emplace_back(Percent(bucket.has_conversion(), bucket.conversion()), tone);
  cells.emplace_back(IntervalOrDash(bucket.has_conversion(), bucket.conversion()), Tone::kQuiet);
  table.Row(std::move(cells));
}

}  // namespace

std::string AttributionText(v1::FunnelAttribution attribution, int step) {
  switch (attribution) {
    case v1::FUNNEL_ATTRIBUTION_ENTRY:
      return ", as at the entry";
    case v1::FUNNEL_ATTRIBUTION_STEP:
      return absl::StrCat(", as at step ", step);
    case v1::FUNNEL_ATTRIBUTION_FIRST_TOUCH:
      return ", first touch";
    case v1::FUNNEL_ATTRIBUTION_LAST_TOUCH:
      return ", last touch";
    default:
      return "";
  }
}

void RenderFunnelTimes(const v1::GetFunnelResponse& response, Page& page) {
  Table table({{"how long", Kind::kText},
               {ActorNoun(response.actor()) + "s", Kind::kNumber},
               {"median", Kind::kNumber},
               {"mean", Kind::kNumber},
               {"p90", Kind::kNumber},
               {"p99", Kind::kNumber},
               {"longest", Kind::kNumber}});
  int rows = 0;
  const auto add = [&](const std::string& label, Tone tone, const v1::DurationStatistics& time) {
    ++rows;
    table.Row({{label, tone},
               Count(time.count()),
               {Seconds(time.median_seconds()), Tone::kStrong},
               Seconds(time.mean_seconds()),
               Seconds(time.p90_seconds()),
               Seconds(time.p99_seconds()),
               Seconds(time.max_seconds())});
  };
  const bool in_order = response.order() != v1::FUNNEL_ORDER_UNORDERED;
  for (int i = 1; i < response.steps_size(); ++i) {
    const v1::FunnelStepResult& step = response.steps(i);
    if (!step.has_time_from_previous() || response.steps_size() == 2) continue;
    add(in_order ? absl::StrCat("to ", StepLabel(step)) : absl::StrCat("to any ", i + 1), Tone::kPlain,
        step.time_from_previous());
  }
  if (response.has_time_to_convert()) add("to convert", Tone::kStrong, response.time_to_convert());
  if (rows == 0) return;
  page.BlankLine();
  table.RenderTo(page);
}

void RenderFunnelHistograms(const v1::GetFunnelResponse& response, Page& page) {
  RenderHistogram("time to convert", response.time_to_convert().count(), response.time_to_convert_histogram(),
                  page);
  if (response.steps_size() <= 2) return;
  for (int i = 1; i < response.steps_size(); ++i) {
    const v1::FunnelStepResult& step = response.steps(i);
    RenderHistogram(absl::StrCat("time to step ", i + 1), step.time_from_previous().count(),
                    step.time_from_previous_histogram(), page);
  }
}

void RenderFunnelBreakdown(const v1::GetFunnelResponse& response, Page& page) {
  if (!response.has_breakdown()) return;
  int64_t values = 0;
  int64_t most = 0;
  for (const v1::FunnelBreakdownRow& row : response.breakdown_rows()) {
    if (row.value().kind_case() == v1::BreakdownValue::kText) ++values;
    if (row.steps_size() > 0) most = std::max(most, row.steps(0).actor_count());
  }
  page.Section(absl::StrCat("BY ", Harmless(BreakdownText(response.breakdown()))),
               absl::StrCat(ValuesShown(values, response.breakdown_value_count()),
                            AttributionText(response.attribution(), response.attribution_step())));
  Table table({{"value", Kind::kText},
               {"entered", Kind::kNumber},
               {"converted", Kind::kNumber},
               {"", Kind::kBar},
               {"rate", Kind::kNumber},
               {"95% CI", Kind::kNumber},
               {"median", Kind::kNumber}});
  for (const v1::FunnelBreakdownRow& row : response.breakdown_rows()) {
    if (row.steps_size() == 0) continue;
    const int64_t entered = row.steps(0).actor_count();
    const int64_t converted = row.steps(row.steps_size() - 1).actor_count();
    const bool is_value = row.value().kind_case() == v1::BreakdownValue::kText;
    table.Row({{ValueLabel(row.value()), is_value ? Tone::kStrong : Tone::kQuiet},
               Count(entered),
               Count(converted),
               Table::Cell::OfBarWithLoss(Share(converted, most), Share(entered - converted, most)),
               Percent(row.has_conversion(), row.conversion()),
               {IntervalOrDash(row.has_conversion(), row.conversion()), Tone::kQuiet},
               Median(row.has_time_to_convert(), row.time_to_convert())});
  }
  table.RenderTo(page);
  RenderStepShares(response, page);
}

void RenderFunnelSeries(const v1::GetFunnelResponse& response, Page& page) {
  if (!response.has_series()) return;
  const int from = response.series().from_step();
  const std::string period = PeriodName(response.series().granularity());
  page.Section(absl::StrCat("BY ", absl::AsciiStrToUpper(period), " OF ENTRY"),
               absl::StrCat("from ", StepName(response, from), " to ",
                            StepName(response, response.series().to_step())));
  std::vector<Table::Column> columns = {{period, Kind::kLabel}, {"entered", Kind::kNumber}};
  if (from > 1) columns.push_back({absl::StrCat("step ", from), Kind::kNumber});
  columns.insert(columns.end(), {{"got there", Kind::kNumber},
                                 {"█ yes  ░ no", Kind::kBar},
                                 {"rate", Kind::kNumber},
                                 {"95% CI", Kind::kNumber}});
  Table table(columns);
  int64_t most = 0;
  bool all_complete = true;
  for (const v1::FunnelSeriesBucket& bucket : response.series_buckets()) {
    most = std::max(most, bucket.from_count());
    all_complete = all_complete && bucket.bucket().complete();
  }
  for (int i = 0; i < response.series_buckets_size();) {
    int end = i;
    while (end < response.series_buckets_size() && response.series_buckets(end).entered_count() == 0 &&
           response.series_buckets(end).bucket().complete()) {
      ++end;
    }
    if (end - i >= kMinCollapsedRows) {
      table.Note(absl::StrCat("⋮ ", end - i, " ", period, "s without entries"));
      i = end;
      continue;
    }
    AddSeriesRow(response, response.series_buckets(i++), most, table);
  }
  table.RenderTo(page);
  if (all_complete) return;
  page.Paragraph(absl::StrCat("* can still change: the ", period,
                              " or the window of its last entries is not over, or the period's edge cuts it"),
                 Tone::kQuiet);
}

}  // namespace donut::cli
