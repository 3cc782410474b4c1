#include "cli/render/retention.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/render/csv.h"
#include "cli/render/display_text.h"
#include "cli/render/figures.h"
#include "cli/render/filter_text.h"
#include "cli/render/question.h"
#include "cli/render/retention_words.h"

namespace donut::cli {
namespace {

using Kind = Table::Kind;

constexpr int kMostCohorts = 31;
constexpr int kMaxCohortValueWidth = 24;
constexpr int kCohortGap = 2;
constexpr int kCohortIndent = 2;

// What a cell of the cohorts' table says.
enum class CellStyle {
  kCountAndShare,  // "12 (40.0%)"
  kShare,          // "40.0%"
  kPerActor,       // the value per user so far: "12.5"
};

void RenderPooled(const v1::GetRetentionResponse& response, const std::string& period, Page& page) {
  const bool any_complete = std::any_of(response.pooled().begin(), response.pooled().end(),
                                        [](const v1::PooledRetention& pooled) { return pooled.size() > 0; });
  if (!any_complete) {
    page.Paragraph(absl::StrCat("Too early to say: nobody's first ", period, " after is over yet."),
                   Tone::kQuiet);
    return;
  }
  Table table({{CameBack(response), Kind::kText},
               {"users", Kind::kNumber},
               {"of", Kind::kNumber},
               {"", Kind::kBar},
               {"share", Kind::kNumber},
               {"95% CI", Kind::kNumber}});
  for (const v1::PooledRetention& pooled : response.pooled()) {
    const std::string interval = RateInterval(pooled.has_retention(), pooled.retention());
    table.Row({{OffsetTitle(response, pooled.offset(), pooled.last_offset()), Tone::kStrong},
               Count(pooled.retained_count()),
               Count(pooled.size()),
               Table::Cell::OfBar(pooled.has_retention() ? pooled.retention().value() : 0),
               Percent(pooled.has_retention(), pooled.retention()),
               {interval.empty() ? kAbsent : interval, Tone::kQuiet}});
  }
  table.RenderTo(page);
}

// With "*" while it can grow, or "·" when nothing could have happened yet.
Table::Cell CohortCell(const v1::RetentionCell& cell, CellStyle style) {
  if (!cell.complete() && cell.retained_count() == 0) return {"·", Tone::kQuiet};
  const Tone tone = cell.complete() ? Tone::kPlain : Tone::kQuiet;
  const std::string mark = cell.complete() ? "" : "*";
  if (style == CellStyle::kPerActor) {
    const bool has = cell.value().has_cumulative_per_actor();
    return {has ? absl::StrCat(Amount(cell.value().cumulative_per_actor()), mark) : kAbsent, tone};
  }
  if (cell.retained_count() == 0) return {style == CellStyle::kShare ? "0%" : "0", Tone::kQuiet};
  const std::string share = Percent(cell.has_retention(), cell.retention());
  if (style == CellStyle::kShare) return {share + mark, tone};
  return {absl::StrCat(Count(cell.retained_count()), " (", share, ")", mark), tone};
}

struct CohortTable {
  std::vector<Table::Column> columns;
  std::vector<std::vector<Table::Cell>> rows;
  bool any_open = false;

  // How many columns the width has room for.
  size_t Fitting(int width) const {
    int used = kCohortIndent - kCohortGap;
    for (size_t i = 0; i < columns.size(); ++i) {
      int widest = DisplayWidth(columns[i].header);
      for (const auto& row : rows) {
        if (i < row.size()) widest = std::max(widest, DisplayWidth(row[i].text));
      }
      used += widest + kCohortGap;
      if (used > width) return i;
    }
    return columns.size();
  }
};

CohortTable CohortsAs(const v1::GetRetentionResponse& response, CellStyle style,
                      const std::vector<const v1::RetentionCohort*>& cohorts) {
  CohortTable table;
  table.columns = {{CohortTitle(response), Kind::kText}, {"users", Kind::kNumber}};
  for (const std::string& title : OffsetTitles(response)) table.columns.push_back({title, Kind::kNumber});
  for (const v1::RetentionCohort* cohort : cohorts) {
    std::vector<Table::Cell> cells = {Harmless(cohort->bucket().label()),
                                      {Count(cohort->size()), Tone::kStrong}};
    for (const v1::RetentionCell& cell : cohort->cells()) {
      table.any_open = table.any_open || !cell.complete();
      cells.push_back(CohortCell(cell, style));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

std::vector<const v1::RetentionCohort*> RecentCohorts(const v1::GetRetentionResponse& response, int most,
                                                      int& hidden) {
  std::vector<const v1::RetentionCohort*> recent;
  hidden = 0;
  for (int i = response.cohorts_size() - 1; i >= 0; --i) {
    if (response.cohorts(i).size() == 0) continue;
    if (static_cast<int>(recent.size()) < most) {
      recent.push_back(&response.cohorts(i));
    } else {
      ++hidden;
    }
  }
  std::reverse(recent.begin(), recent.end());
  return recent;
}

void RenderCohorts(const v1::GetRetentionResponse& response, CellStyle style, int most, Page& page) {
  int hidden = 0;
  const std::vector<const v1::RetentionCohort*> recent = RecentCohorts(response, most, hidden);
  if (recent.empty()) return;
  CohortTable cohorts = CohortsAs(response, style, recent);
  if (style == CellStyle::kCountAndShare && cohorts.Fitting(page.width()) < cohorts.columns.size()) {
    cohorts = CohortsAs(response, CellStyle::kShare, recent);
  }
  // A long title of the first column is cut; the offsets are left out where even that does not help.
  const size_t whole = cohorts.columns.size();
  if (const size_t fitting = cohorts.Fitting(page.width()); whole > 3 && fitting < whole) {
    cohorts.columns.resize(std::max<size_t>(fitting, 3));
    for (auto& row : cohorts.rows) row.resize(std::min(row.size(), cohorts.columns.size()), Table::Cell(""));
  }
  page.BlankLine();
  Table table(cohorts.columns);
  for (auto& row : cohorts.rows) table.Row(std::move(row));
  table.RenderTo(page);
  const std::string period = PeriodName(response.period());
  if (cohorts.any_open) {
    page.Paragraph(response.alignment() == v1::RETENTION_ALIGNMENT_ROLLING
                       ? absl::StrCat("· or *: for some of the cohort that ", period, " is not over yet")
                       : absl::StrCat("· or *: that ", period, " is not over yet"),
                   Tone::kQuiet);
  }
  if (hidden > 0) {
    page.Paragraph(absl::StrCat(Count(hidden), " earlier cohort", hidden == 1 ? "" : "s", ": --json has all"),
                   Tone::kQuiet);
  }
  if (const size_t left_out = whole - cohorts.columns.size(); left_out > 0) {
    page.Paragraph(absl::StrCat(left_out, " more columns than this width has room for: --csv has all"),
                   Tone::kQuiet);
  }
}

int64_t SizeOfAll(const v1::GetRetentionResponse& response) {
  int64_t users = 0;
  for (const v1::RetentionCohort& cohort : response.cohorts()) users += cohort.size();
  return users;
}

void RenderValue(const v1::GetRetentionResponse& response, Page& page) {
  if (response.value_property().empty()) return;
  page.Section(absl::StrCat("VALUE: ", Harmless(response.value_property())), "of the events of coming back");
  Table table({{CameBack(response), Kind::kText},
               {"users", Kind::kNumber},
               {"sum", Kind::kNumber},
               {"so far", Kind::kNumber},
               {"per user so far", Kind::kNumber}});
  for (const v1::PooledRetention& pooled : response.pooled()) {
    const v1::RetentionValue& value = pooled.value();
    table.Row({{OffsetTitle(response, pooled.offset(), pooled.last_offset()), Tone::kStrong},
               Count(pooled.size()),
               pooled.has_value() ? Amount(value.sum()) : kAbsent,
               pooled.has_value() ? Amount(value.cumulative_sum()) : kAbsent,
               value.has_cumulative_per_actor() ? Amount(value.cumulative_per_actor()) : kAbsent});
  }
  table.RenderTo(page);
  page.BlankLine();
  page.Paragraph("Per user of the cohort, from its start on (lifetime value):");
  RenderCohorts(response, CellStyle::kPerActor, kMostCohorts, page);
}

void RenderBreakdown(const v1::GetRetentionResponse& response, Page& page) {
  if (!response.has_breakdown()) return;
  CohortTable table;
  table.columns = {{"value", Kind::kText}, {"users", Kind::kNumber}};
  for (const std::string& title : OffsetTitles(response)) table.columns.push_back({title, Kind::kNumber});
  int64_t values = 0;
  for (const v1::RetentionBreakdownRow& row : response.breakdown_rows()) {
    const bool is_value = row.value().kind_case() == v1::BreakdownValue::kText;
    if (is_value) ++values;
    std::vector<Table::Cell> cells = {
        {CutToWidth(ValueLabel(row.value()), kMaxCohortValueWidth), is_value ? Tone::kStrong : Tone::kQuiet},
        Count(row.size())};
    for (const v1::PooledRetention& pooled : row.pooled()) {
      cells.emplace_back(Percent(pooled.has_retention(), pooled.retention()));
    }
    table.rows.push_back(std::move(cells));
  }
  page.Section(absl::StrCat("BY ", Harmless(BreakdownText(response.breakdown()))),
               ValuesShown(values, response.breakdown_value_count()));
  table.columns.resize(
      std::max<size_t>(table.Fitting(page.width()), std::min<size_t>(3, table.columns.size())));
  Table shown(table.columns);
  for (auto& row : table.rows) {
    row.resize(std::min(row.size(), table.columns.size()), Table::Cell(""));
    shown.Row(std::move(row));
  }
  shown.RenderTo(page);
  page.Paragraph("of the cohorts whose cell is complete; - where there is none yet", Tone::kQuiet);
}

void AddCell(const v1::BreakdownValue* value, const v1::RetentionCohort& cohort,
             const v1::RetentionCell& cell, Csv& csv) {
  const bool is_bracket = cell.last_offset() > 0;
  csv.Value(value)
      .Bucket(cohort.bucket())
      .Number(cohort.size())
      .Number(int64_t{cell.offset()})
      .Text(is_bracket ? absl::StrCat(cell.last_offset()) : "")
      .Number(cell.retained_count())
      .Rate(cell.has_retention(), cell.retention())
      .Truth(cell.complete());
  if (!cell.has_value()) {
    csv.Nothing().Nothing().Nothing().Next();
    return;
  }
  csv.Number(cell.value().sum()).Number(cell.value().cumulative_sum());
  if (cell.value().has_cumulative_per_actor()) {
    csv.Number(cell.value().cumulative_per_actor());
  } else {
    csv.Nothing();
  }
  csv.Next();
}

std::string CellsCsv(const v1::GetRetentionResponse& response) {
  Csv csv(Csv::Joined({Csv::ValueColumns(),
                       Csv::BucketColumns("cohort"),
                       {"size", "offset", "last_offset", "retained"},
                       Csv::RateColumns("retention"),
                       {"cell_complete", "value_sum", "value_cumulative", "value_cumulative_per_actor"}}));
  const auto add = [&](const v1::BreakdownValue* value, const auto& row) {
    for (const v1::RetentionCohort& cohort : row.cohorts()) {
      for (const v1::RetentionCell& cell : cohort.cells()) AddCell(value, cohort, cell, csv);
    }
  };
  add(nullptr, response);
  for (const v1::RetentionBreakdownRow& row : response.breakdown_rows()) add(&row.value(), row);
  return csv.text();
}

std::string PooledCsv(const v1::GetRetentionResponse& response) {
  Csv csv(Csv::Joined({Csv::ValueColumns(),
                       {"offset", "last_offset", "cohorts", "size", "retained"},
                       Csv::RateColumns("retention")}));
  const auto add = [&](const v1::BreakdownValue* value, const auto& row) {
    for (const v1::PooledRetention& pooled : row.pooled()) {
      csv.Value(value)
          .Number(int64_t{pooled.offset()})
          .Text(pooled.last_offset() > 0 ? absl::StrCat(pooled.last_offset()) : "")
          .Number(pooled.cohort_count())
          .Number(pooled.size())
          .Number(pooled.retained_count())
          .Rate(pooled.has_retention(), pooled.retention())
          .Next();
    }
  };
  add(nullptr, response);
  for (const v1::RetentionBreakdownRow& row : response.breakdown_rows()) add(&row.value(), row);
  return csv.text();
}

}  // namespace

void RenderRetention(const v1::GetRetentionResponse& response, Page& page, int most_cohorts) {
  const int64_t users = SizeOfAll(response);
  if (users == 0) {
    page.Section("RETENTION");
    page.Paragraph(NoCohorts(response), Tone::kQuiet);
    return;
  }
  page.Section("RETENTION", CohortsInAll(response, users));
  RenderPooled(response, PeriodName(response.period()), page);
  RenderCohorts(response, CellStyle::kCountAndShare, most_cohorts, page);
}

std::string RetentionText(const v1::GetRetentionResponse& response, const PageOptions& options) {
  Page page(options);
  RenderHeading(response.scope(), page);
  RenderRetention(response, page, kMostCohorts);
  if (SizeOfAll(response) == 0) {
    page.Paragraph(absl::StrCat("What there is: ", ViewOfSameDays(response.scope())));
  } else {
    RenderValue(response, page);
    RenderBreakdown(response, page);
  }
  RenderAssumptions(RetentionAssumptions(response), response.scope(), page);
  return page.text();
}

std::string RetentionCsv(const v1::GetRetentionResponse& response, RetentionRows rows) {
  return rows == RetentionRows::kPooled ? PooledCsv(response) : CellsCsv(response);
}

}  // namespace donut::cli
