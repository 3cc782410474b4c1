#include "cli/render/pipeline_funnel.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/render/csv.h"
#include "cli/render/display_text.h"
#include "cli/render/figures.h"
#include "cli/render/question.h"

namespace donut::cli {
namespace {

constexpr int kMaxFailures = 8;

int64_t RunsStarted(const v1::GetPipelineFunnelResponse& response) {
  return response.steps_size() > 0 ? response.steps(0).run_count() : 0;
}

void RenderSteps(const v1::GetPipelineFunnelResponse& response, Page& page) {
  Table table({{"step", Table::Kind::kText},
               {"runs", Table::Kind::kNumber},
               {"█ reached  ░ lost here", Table::Kind::kBar},
               {"of all", Table::Kind::kNumber},
               {"of prev.", Table::Kind::kNumber},
               {"lost", Table::Kind::kNumber}});
  const int64_t started = RunsStarted(response);
  for (int i = 0; i < response.steps_size(); ++i) {
    const v1::PipelineFunnelStep& step = response.steps(i);
    const bool first = i == 0;
    table.Row(
        {{Harmless(step.label()), Tone::kStrong},
         Count(step.run_count()),
         Table::Cell::OfBarWithLoss(Share(step.run_count(), started), Share(step.drop_off_count(), started)),
         Percent(step.has_conversion_from_first(), step.conversion_from_first()),
         first ? std::string()
               : Percent(step.has_conversion_from_previous(), step.conversion_from_previous()),
         first
             ? Table::Cell("")
             : Table::Cell(step.drop_off_count() > 0 ? absl::StrCat("-", Count(step.drop_off_count())) : "0",
                           step.drop_off_count() > 0 ? Tone::kBad : Tone::kQuiet)});
  }
  table.RenderTo(page);
}

void RenderOutcomes(const v1::GetPipelineFunnelResponse& response, Page& page) {
  const int64_t started = RunsStarted(response);
  page.BlankLine();
  Table table({{"how the runs stand", Table::Kind::kText},
               {"runs", Table::Kind::kNumber},
               {"", Table::Kind::kBar},
               {"share", Table::Kind::kNumber},
               {"95% CI", Table::Kind::kNumber}});
  const auto add = [&](const char* label, int64_t runs, Tone tone) {
    table.Row({label, Count(runs), Table::Cell::OfBar(Share(runs, started), tone),
               started > 0 ? Percent(Share(runs, started)) : kAbsent});
  };
  add("completed", response.completed_count(), Tone::kGood);
  add("failed", response.failed_count(), Tone::kBad);
  add("open", response.open_count(), Tone::kQuiet);
  const auto add_rate = [&](const char* label, bool has_rate, const v1::Rate& rate) {
    const std::string interval = RateInterval(has_rate, rate);
    table.Row({{label, Tone::kQuiet},
               "",
               Table::Cell::OfBar(has_rate ? rate.value() : 0, Tone::kQuiet),
               Percent(has_rate, rate),
               {interval.empty() ? kAbsent : interval, Tone::kQuiet}});
  };
  add_rate("done, first attempt", response.has_first_attempt_success(), response.first_attempt_success());
  add_rate("done, any attempt", response.has_eventual_success(), response.eventual_success());
  table.RenderTo(page);
}

void RenderFailures(const v1::GetPipelineFunnelResponse& response, Page& page) {
  if (response.failures_size() == 0) return;
  page.BlankLine();
  Table table({{"why runs failed", Table::Kind::kText},
               {"in phase", Table::Kind::kText},
               {"runs", Table::Kind::kNumber},
               {"", Table::Kind::kBar}});
  const int shown = std::min(response.failures_size(), kMaxFailures);
  int64_t others = response.other_failure_count();
  for (int i = 0; i < response.failures_size(); ++i) {
    const v1::PipelineFailure& failure = response.failures(i);
    if (i >= shown) {
      others += failure.run_count();
      continue;
    }
    table.Row({failure.reason().empty() ? "(no reason given)" : Harmless(failure.reason()),
               {failure.phase().empty() ? kAbsent : Harmless(failure.phase()), Tone::kQuiet},
               Count(failure.run_count()),
               Table::Cell::OfBar(Share(failure.run_count(), response.failed_count()), Tone::kBad)});
  }
  if (others > 0) {
    table.Row({{"other reasons", Tone::kQuiet},
               "",
               Count(others),
               Table::Cell::OfBar(Share(others, response.failed_count()), Tone::kBad)});
  }
  table.RenderTo(page);
}

void RenderDurations(const v1::GetPipelineFunnelResponse& response, Page& page) {
  Table table({{"how long", Table::Kind::kText},
               {"median", Table::Kind::kNumber},
               {"p90", Table::Kind::kNumber},
               {"p99", Table::Kind::kNumber},
               {"longest", Table::Kind::kNumber},
               {"items in", Table::Kind::kNumber},
               {"items out", Table::Kind::kNumber}});
  int rows = 0;
  const auto add = [&](const std::string& label, const v1::DurationStatistics& time, const std::string& in,
                       const std::string& out) {
    ++rows;
    table.Row({{label, Tone::kStrong},
               Seconds(time.median_seconds()),
               Seconds(time.p90_seconds()),
               Seconds(time.p99_seconds()),
               Seconds(time.max_seconds()),
               in,
               out});
  };
  for (const v1::PipelineFunnelStep& step : response.steps()) {
    if (!step.has_duration()) continue;
    add(Harmless(step.label()), step.duration(), step.has_items_in() ? Count(step.items_in()) : kAbsent,
        step.has_items_out() ? Count(step.items_out()) : kAbsent);
  }
  if (response.has_run_duration()) add("whole run", response.run_duration(), "", "");
  if (rows == 0) return;
  page.BlankLine();
  table.RenderTo(page);
}

}  // namespace

void RenderPipelineFunnel(const v1::GetPipelineFunnelResponse& response, Page& page) {
  if (response.pipeline().empty()) return;
  page.Section(absl::StrCat("PIPELINE ", CutToWidth(Harmless(response.pipeline()), page.width() / 2)),
               Counted(RunsStarted(response), "run"));
  RenderSteps(response, page);
  RenderOutcomes(response, page);
  RenderFailures(response, page);
  RenderDurations(response, page);
}

std::string PipelineFunnelText(const v1::GetPipelineFunnelResponse& response, const PageOptions& options) {
  Page page(options);
  RenderHeading(response.scope(), page);
  if (RunsStarted(response) == 0) {
    page.Section("PIPELINE");
    page.Paragraph("No run was started in this period.", Tone::kStrong);
  } else {
    RenderPipelineFunnel(response, page);
  }
  if (response.pipelines_size() > 1 || RunsStarted(response) == 0) {
    std::vector<std::string> others;
    for (const v1::PipelineRunCount& other : response.pipelines()) {
      others.push_back(
          absl::StrCat(Harmless(other.pipeline()), " (", Counted(other.run_count(), "run"), ")"));
    }
    page.BlankLine();
    page.Paragraph(others.empty() ? absl::StrCat("What there is: ", ViewOfSameDays(response.scope()))
                                  : absl::StrCat("Pipelines of this period: ", absl::StrJoin(others, ", ")));
  }
  RenderAssumptions({}, response.scope(), page);
  return page.text();
}

std::string PipelineFunnelCsv(const v1::GetPipelineFunnelResponse& response) {
  Csv csv(Csv::Joined({{"pipeline", "step", "label", "runs"},
                       Csv::RateColumns("conversion_from_first"),
                       Csv::RateColumns("conversion_from_previous"),
                       {"drop_off_count"},
                       Csv::RateColumns("drop_off"),
                       {"failed", "items_in", "items_out"},
                       Csv::DurationColumns("duration")}));
  for (int i = 0; i < response.steps_size(); ++i) {
    const v1::PipelineFunnelStep& step = response.steps(i);
    csv.Text(response.pipeline())
        .Number(int64_t{i + 1})
        .Text(step.label())
        .Number(step.run_count())
        .Rate(step.has_conversion_from_first(), step.conversion_from_first())
        .Rate(step.has_conversion_from_previous(), step.conversion_from_previous())
        .Number(step.drop_off_count())
        .Rate(step.has_drop_off(), step.drop_off())
        .Number(step.failed_count())
        .Text(step.has_items_in() ? absl::StrCat(step.items_in()) : "")
        .Text(step.has_items_out() ? absl::StrCat(step.items_out()) : "")
        .Durations(step.has_duration(), step.duration())
        .Next();
  }
  return csv.text();
}

std::string PipelineInShort(const v1::GetPipelineFunnelResponse& response) {
  const int64_t started = RunsStarted(response);
  if (started == 0) return "";
  std::string text =
      absl::StrCat(Harmless(response.pipeline()), ": ", Percent(Share(response.completed_count(), started)),
                   " of ", Counted(started, "run"), " completed");
  const v1::PipelineFunnelStep* worst = nullptr;
  for (int i = 1; i < response.steps_size(); ++i) {
    const v1::PipelineFunnelStep& step = response.steps(i);
    if (step.drop_off_count() > (worst == nullptr ? 0 : worst->drop_off_count())) worst = &step;
  }
  if (worst == nullptr) return text;
  return absl::StrCat(text, ", most were lost before ", Harmless(worst->label()), " was done (",
                      Percent(worst->has_drop_off(), worst->drop_off()), " of those that got there)");
}

}  // namespace donut::cli
