#include "cli/render/retention.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/render/display_text.h"
#include "cli/render/figures.h"

namespace donut::cli {
namespace {

constexpr int kMaxCohorts = 10;

// "day" for DAY, and so on.
std::string PeriodName(v1::Granularity period) {
  switch (period) {
    case v1::GRANULARITY_HOUR:
      return "hour";
    case v1::GRANULARITY_WEEK:
      return "week";
    case v1::GRANULARITY_MONTH:
      return "month";
    default:
      return "day";
  }
}

void RenderPooled(const v1::GetRetentionResponse& response, const std::string& period, Page& page) {
  const bool any_complete = std::any_of(response.pooled().begin(), response.pooled().end(),
                                        [](const v1::PooledRetention& pooled) { return pooled.size() > 0; });
  if (!any_complete) {
    page.Paragraph(absl::StrCat("Too early to say: nobody's first ", period, " after is over yet."),
                   Tone::kQuiet);
    return;
  }
  Table table({{"came back on", Table::Kind::kText},
               {"users", Table::Kind::kNumber},
               {"of", Table::Kind::kNumber},
               {"", Table::Kind::kBar},
               {"share", Table::Kind::kNumber},
               {"95% CI", Table::Kind::kNumber}});
  for (const v1::PooledRetention& pooled : response.pooled()) {
    const std::string interval = RateInterval(pooled.has_retention(), pooled.retention());
    table.Row({{absl::StrCat(period, " ", pooled.offset()), Tone::kStrong},
               Count(pooled.retained_count()),
               Count(pooled.size()),
               Table::Cell::OfBar(pooled.has_retention() ? pooled.retention().value() : 0),
               Percent(pooled.has_retention(), pooled.retention()),
               {interval.empty() ? kAbsent : interval, Tone::kQuiet}});
  }
  table.RenderTo(page);
}

// "12 (40.0%)", with "*" while it can grow, or "·" when nothing could have happened yet.
Table::Cell CohortCell(const v1::RetentionCell& cell) {
  if (!cell.complete() && cell.retained_count() == 0) return {"·", Tone::kQuiet};
  const std::string mark = cell.complete() ? "" : "*";
  if (cell.retained_count() == 0) return {"0", Tone::kQuiet};
  return {absl::StrCat(Count(cell.retained_count()), " (", Percent(cell.has_retention(), cell.retention()),
                       ")", mark),
          cell.complete() ? Tone::kPlain : Tone::kQuiet};
}

void RenderCohorts(const v1::GetRetentionResponse& response, const std::string& period, Page& page) {
  std::vector<const v1::RetentionCohort*> recent;
  int with_users = 0;
  for (int i = response.cohorts_size() - 1; i >= 0; --i) {
    if (response.cohorts(i).size() == 0) continue;
    ++with_users;
    if (recent.size() < kMaxCohorts) recent.push_back(&response.cohorts(i));
  }
  if (recent.empty()) return;
  std::reverse(recent.begin(), recent.end());
  std::vector<Table::Column> columns = {{absl::StrCat("first seen (", period, ")"), Table::Kind::kText},
                                        {"users", Table::Kind::kNumber}};
  for (const int offset : response.offsets()) {
    columns.push_back({absl::StrCat(period, " ", offset), Table::Kind::kNumber});
  }
  page.BlankLine();
  Table table(columns);
  bool any_open = false;
  for (const v1::RetentionCohort* cohort : recent) {
    std::vector<Table::Cell> cells = {Harmless(cohort->bucket().label()),
                                      {Count(cohort->size()), Tone::kStrong}};
    for (const v1::RetentionCell& cell : cohort->cells()) {
      any_open = any_open || !cell.complete();
      cells.push_back(CohortCell(cell));
    }
    table.Row(std::move(cells));
  }
  table.RenderTo(page);
  if (any_open) page.Paragraph(absl::StrCat("· or *: that ", period, " is not over yet"), Tone::kQuiet);
  const int hidden = with_users - static_cast<int>(recent.size());
  if (hidden > 0)
    page.Paragraph(absl::StrCat(Count(hidden), " earlier cohorts: --json has all"), Tone::kQuiet);
}

}  // namespace

void RenderRetention(const v1::GetRetentionResponse& response, Page& page) {
  const std::string period = PeriodName(response.period());
  int64_t users = 0;
  for (const v1::RetentionCohort& cohort : response.cohorts()) users += cohort.size();
  if (users == 0) {
    page.Section("RETENTION");
    page.Paragraph("Nobody was seen for the first time in this period.", Tone::kQuiet);
    return;
  }
  page.Section("RETENTION", absl::StrCat("of ", Counted(users, "user"), " first seen in this period"));
  RenderPooled(response, period, page);
  RenderCohorts(response, period, page);
}

}  // namespace donut::cli
