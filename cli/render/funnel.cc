#include "cli/render/funnel.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/render/csv.h"
#include "cli/render/display_text.h"
#include "cli/render/figures.h"
#include "cli/render/filter_text.h"
#include "cli/render/funnel_parts.h"
#include "cli/render/question.h"
#include "common/proto_time.h"

namespace donut::cli {
namespace {

using Kind = Table::Kind;

// From here on the interval of each step has a column.
constexpr int kWidthWithIntervals = 92;

void RenderSteps(const v1::GetFunnelResponse& response, Page& page) {
  const bool intervals = page.width() >= kWidthWithIntervals;
  std::vector<Table::Column> columns = {{"step", Kind::kText},
                                        {ActorNoun(response.actor()) + "s", Kind::kNumber},
                                        {"█ reached  ░ lost here", Kind::kBar},
                                        {"of all", Kind::kNumber}};
  if (intervals) columns.push_back({"95% CI", Kind::kNumber});
  columns.push_back({"of prev.", Kind::kNumber});
  columns.push_back({"lost", Kind::kNumber});
  Table table(columns);
  const int64_t entered = response.steps(0).actor_count();
  const bool in_order = response.order() != v1::FUNNEL_ORDER_UNORDERED;
  for (int i = 0; i < response.steps_size(); ++i) {
    const v1::FunnelStepResult& step = response.steps(i);
    const bool first = i == 0;
    std::vector<Table::Cell> cells = {
        {in_order ? absl::StrCat(i + 1, " ", StepLabel(step)) : absl::StrCat("any ", i + 1), Tone::kStrong},
        Count(step.actor_count()),
        Table::Cell::OfBarWithLoss(Share(step.actor_count(), entered), Share(step.drop_off_count(), entered)),
        Percent(step.has_conversion_from_first(), step.conversion_from_first())};
    if (intervals) {
      cells.emplace_back(
          first ? "" : RateInterval(step.has_conversion_from_first(), step.conversion_from_first()),
          Tone::kQuiet);
    }
    if (!first) {
      cells.emplace_back(Percent(step.has_conversion_from_previous(), step.conversion_from_previous()));
      const bool lost = step.drop_off_count() > 0;
      cells.emplace_back(lost ? absl::StrCat("-", Count(step.drop_off_count())) : "0",
                         lost ? Tone::kBad : Tone::kQuiet);
    }
    table.Row(std::move(cells));
  }
  table.RenderTo(page);
}

std::string ExclusionText(const v1::FunnelExclusion& exclusion) {
  std::string text = absl::StrCat("without ", absl::StrJoin(exclusion.event_names(), " or "));
  if (exclusion.has_filter()) absl::StrAppend(&text, " [", FilterText(exclusion.filter()), "]");
  return Harmless(absl::StrCat(text, " between steps ", exclusion.from_step(), " and ", exclusion.to_step()));
}

std::vector<std::string> Assumptions(const v1::GetFunnelResponse& response) {
  std::vector<std::string> parts = {absl::StrCat("Window ", WindowText(response.window()))};
  if (response.order() == v1::FUNNEL_ORDER_STRICT) {
    parts.emplace_back("each step the immediate successor of the one before");
  }
  if (response.order() == v1::FUNNEL_ORDER_UNORDERED) parts.emplace_back("steps in any order");
  if (response.range_applies_to() == v1::FUNNEL_RANGE_ALL_STEPS) {
    parts.emplace_back("every step within the period");
  } else {
    parts.emplace_back("the entry within the period");
  }
  if (response.ties() == v1::FUNNEL_TIES_BY_EVENT_ORDER) {
    parts.emplace_back("events of the same time in the order they were sent");
  }
  for (const v1::FunnelExclusion& exclusion : response.exclusions())
    parts.push_back(ExclusionText(exclusion));
  for (const std::string& key : response.hold_constant()) {
    parts.push_back(absl::StrCat("the same ", Harmless(key), " in every step"));
  }
  return parts;
}

void RenderNobody(const v1::GetFunnelResponse& response, Page& page) {
  const std::string step =
      response.steps_size() > 0 ? absl::StrCat(" did ", StepLabel(response.steps(0))) : "";
  page.Paragraph(
      absl::StrCat("Nobody entered: no ", ActorNoun(response.actor()),
                   response.order() == v1::FUNNEL_ORDER_UNORDERED ? " did any of the steps" : step,
                   " in this period. Names of events are spelled exactly as they were sent; those of "
                   "this project are in:"));
  page.BlankLine();
  page.Paragraph(ViewOfSameDays(response.scope()));
}

Csv& AddStep(const v1::BreakdownValue* value, int number, const v1::FunnelStepResult& step, Csv& csv) {
  return csv.Value(value)
      .Number(int64_t{number})
      .Text(step.label())
      .Number(step.actor_count())
      .Rate(step.has_conversion_from_first(), step.conversion_from_first())
      .Rate(step.has_conversion_from_previous(), step.conversion_from_previous())
      .Number(step.drop_off_count())
      .Rate(step.has_drop_off(), step.drop_off())
      .Durations(step.has_time_from_previous(), step.time_from_previous());
}

std::string StepsCsv(const v1::GetFunnelResponse& response) {
  Csv csv(Csv::Joined({Csv::ValueColumns(),
                       {"step", "label", "actors"},
                       Csv::RateColumns("conversion_from_first"),
                       Csv::RateColumns("conversion_from_previous"),
                       {"drop_off_count"},
                       Csv::RateColumns("drop_off"),
                       Csv::DurationColumns("time_from_previous"),
                       Csv::DurationColumns("time_to_convert"),
                       {"actors_still_open"}}));
  const auto add = [&](const v1::BreakdownValue* value, const auto& row) {
    for (int i = 0; i < row.steps_size(); ++i) {
      const bool last = i + 1 == row.steps_size();
      AddStep(value, i + 1, row.steps(i), csv);
      csv.Durations(last && row.has_time_to_convert(), row.time_to_convert());
      csv.Number(row.actors_still_open_count()).Next();
    }
  };
  add(nullptr, response);
  for (const v1::FunnelBreakdownRow& row : response.breakdown_rows()) add(&row.value(), row);
  return csv.text();
}

std::string SeriesCsv(const v1::GetFunnelResponse& response) {
  Csv csv(Csv::Joined({Csv::BucketColumns("bucket"),
                       {"entered", "from_step", "from_count", "to_step", "to_count"},
                       Csv::RateColumns("conversion")}));
  for (const v1::FunnelSeriesBucket& bucket : response.series_buckets()) {
    csv.Bucket(bucket.bucket())
        .Number(bucket.entered_count())
        .Number(int64_t{response.series().from_step()})
        .Number(bucket.from_count())
        .Number(int64_t{response.series().to_step()})
        .Number(bucket.to_count())
        .Rate(bucket.has_conversion(), bucket.conversion())
        .Next();
  }
  return csv.text();
}

// `step` 0: to convert.
void AddBins(const v1::BreakdownValue* value, int step,
             const google::protobuf::RepeatedPtrField<v1::HistogramBin>& bins, Csv& csv) {
  for (const v1::HistogramBin& bin : bins) {
    csv.Value(value).Text(step == 0 ? "time_to_convert" : absl::StrCat("time_to_step_", step));
    csv.Number(bin.low_seconds());
    if (bin.has_high_seconds()) {
      csv.Number(bin.high_seconds());
    } else {
      csv.Nothing();
    }
    csv.Number(bin.count()).Next();
  }
}

std::string HistogramCsv(const v1::GetFunnelResponse& response) {
  Csv csv(Csv::Joined({Csv::ValueColumns(), {"histogram", "low_seconds", "high_seconds", "actors"}}));
  const auto add = [&](const v1::BreakdownValue* value, const auto& row) {
    AddBins(value, 0, row.time_to_convert_histogram(), csv);
    for (int i = 1; i < row.steps_size(); ++i) {
      AddBins(value, i + 1, row.steps(i).time_from_previous_histogram(), csv);
    }
  };
  add(nullptr, response);
  for (const v1::FunnelBreakdownRow& row : response.breakdown_rows()) add(&row.value(), row);
  return csv.text();
}

}  // namespace

std::string StepLabel(const v1::FunnelStepResult& step) {
  std::string label = step.label();
  if (label.empty()) label = step.step().any_event() ? "any event" : "?";
  if (!step.step().has_filter()) return Harmless(label);
  return Harmless(absl::StrCat(label, " [", FilterText(step.step().filter()), "]"));
}

std::string WindowText(const google::protobuf::Duration& window) {
  return Seconds(absl::ToDoubleSeconds(FromProto(window, "window").value_or(absl::ZeroDuration())));
}

void RenderFunnel(const std::string& title, const v1::GetFunnelResponse& response, Page& page) {
  const std::string noun = ActorNoun(response.actor());
  if (response.steps_size() == 0 || response.steps(0).actor_count() == 0) {
    page.Section(title);
    RenderNobody(response, page);
    RenderAssumptions(Assumptions(response), response.scope(), page);
    return;
  }
  const std::string interval = RateInterval(response.has_conversion(), response.conversion());
  page.Section(title, absl::StrCat(Percent(response.has_conversion(), response.conversion()), " of ",
                                   Counted(response.steps(0).actor_count(), noun), " converted",
                                   interval.empty() ? "" : absl::StrCat(", 95% CI ", interval)));
  RenderSteps(response, page);
  if (response.order() == v1::FUNNEL_ORDER_UNORDERED) {
    std::vector<std::string> labels;
    for (const v1::FunnelStepResult& step : response.steps()) labels.push_back(StepLabel(step));
    page.Paragraph(absl::StrCat("any of: ", absl::StrJoin(labels, ", ")), Tone::kQuiet);
  }
  if (response.actors_still_open_count() > 0) {
    page.Paragraph(absl::StrCat("not over yet: at most ", Counted(response.actors_still_open_count(), noun),
                                " can still convert, within the window of an entry"),
                   Tone::kQuiet);
  } else if (!response.complete()) {
    page.Paragraph("not over yet: the period or the window after it has not ended", Tone::kQuiet);
  }
  RenderFunnelTimes(response, page);
  RenderFunnelHistograms(response, page);
  RenderFunnelBreakdown(response, page);
  RenderFunnelSeries(response, page);
  RenderAssumptions(Assumptions(response), response.scope(), page);
}

std::string FunnelText(const v1::GetFunnelResponse& response, const PageOptions& options) {
  Page page(options);
  RenderHeading(response.scope(), page);
  RenderFunnel("FUNNEL", response, page);
  return page.text();
}

std::string FunnelCsv(const v1::GetFunnelResponse& response, FunnelRows rows) {
  switch (rows) {
    case FunnelRows::kSeries:
      return SeriesCsv(response);
    case FunnelRows::kHistogram:
      return HistogramCsv(response);
    case FunnelRows::kSteps:
      break;
  }
  return StepsCsv(response);
}

}  // namespace donut::cli
