#include "cli/render/active_users.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/render/figures.h"
#include "cli/render/question.h"

namespace donut::cli {
namespace {

constexpr int kMaxDailyRows = 31;
constexpr int kMaxWeeklyRows = 27;  // half a year

struct SeriesRow {
  std::string label;
  int64_t active = 0;
  int64_t fresh = 0;
  int64_t last_7_days = 0;
  int64_t last_30_days = 0;
  // Ended, and not cut by the period's edge.
  bool complete = true;
  // Some of its days lie before the period. `active` counts them too: distinct users are known for whole
  // windows only. `fresh` does not: the buckets have only the period's own days.
  bool begins_before = false;
  bool marked() const { return !complete || begins_before; }
  bool empty() const { return active == 0 && fresh == 0; }
};

int DaysPerRow(int days) {
  if (days <= kMaxDailyRows) return 1;
  return days <= kMaxWeeklyRows * 7 ? 7 : 30;
}

// Rows of `step` days that end with the last bucket.
std::vector<SeriesRow> RowsOf(const v1::GetActiveUsersResponse& response, int step) {
  std::vector<SeriesRow> rows;
  for (int last = response.buckets_size() - 1; last >= 0; last -= step) {
    const v1::ActiveUsersBucket& bucket = response.buckets(last);
    SeriesRow row;
    row.label = WithWeekday(bucket.bucket().label());
    row.last_7_days = bucket.trailing_7_day_count();
    row.last_30_days = bucket.trailing_30_day_count();
    row.active = step == 1 ? bucket.active_count() : step == 7 ? row.last_7_days : row.last_30_days;
    row.complete = bucket.bucket().complete();
    row.begins_before = last + 1 < step;
    for (int day = std::max(0, last - step + 1); day <= last; ++day)
      row.fresh += response.buckets(day).new_count();
    rows.push_back(row);
  }
  std::reverse(rows.begin(), rows.end());
  return rows;
}

Table TableFor(int step) {
  using Kind = Table::Kind;
  if (step == 1) {
    return Table({{"day", Kind::kText},
                  {"users", Kind::kNumber},
                  {"", Kind::kBar},
                  {"new", Kind::kNumber},
                  {"7 days", Kind::kNumber},
                  {"30 days", Kind::kNumber}});
  }
  return Table({{absl::StrCat(step, " days to"), Kind::kText},
                {"users", Kind::kNumber},
                {"", Kind::kBar},
                {"new", Kind::kNumber}});
}

void AddRow(const SeriesRow& row, int step, int64_t most, Table& table) {
  const Tone tone = row.marked() ? Tone::kQuiet : Tone::kPlain;
  std::vector<Table::Cell> cells = {
      {row.label + (row.marked() ? " *" : ""), tone},
      {Count(row.active), tone},
      Table::Cell::OfBar(Share(row.active, most), row.marked() ? Tone::kQuiet : Tone::kBar),
      {row.fresh > 0 ? absl::StrCat("+", Count(row.fresh)) : "", row.fresh > 0 ? Tone::kGood : tone},
  };
  if (step == 1) {
    cells.emplace_back(Count(row.last_7_days), Tone::kQuiet);
    cells.emplace_back(Count(row.last_30_days), Tone::kQuiet);
  }
  table.Row(std::move(cells));
}

}  // namespace

void RenderActiveNow(const v1::ActiveUsersBucket& today, Page& page) {
  page.Section("ACTIVE USERS NOW", absl::StrCat("today is ", WithWeekday(today.bucket().label())));
  const int64_t month = today.trailing_30_day_count();
  if (month == 0) {
    page.Paragraph("No events in the last 30 days.", Tone::kQuiet);
    return;
  }
  Table table({{"", Table::Kind::kText},
               {"", Table::Kind::kNumber},
               {"", Table::Kind::kBar},
               {"", Table::Kind::kText}});
  const auto add = [&](const char* label, int64_t count, const std::string& note) {
    table.Row({label,
               {Count(count), Tone::kStrong},
               Table::Cell::OfBar(Share(count, month)),
               {note, Tone::kQuiet}});
  };
  const std::string fresh = today.new_count() > 0 ? absl::StrCat(Count(today.new_count()), " new") : "";
  add("today, so far", today.active_count(), fresh);
  add("last 7 days", today.trailing_7_day_count(), "");
  add("last 30 days", month, "");
  // Without the interval of the rate: it would be that of a whole day, and the day is not over.
  table.Row({"stickiness",
             {Percent(today.has_stickiness(), today.stickiness()), Tone::kStrong},
             Table::Cell::OfBar(today.has_stickiness() ? today.stickiness().value() : 0),
             {"today so far / 30 days", Tone::kQuiet}});
  table.RenderTo(page);
}

void RenderActiveSeries(const v1::GetActiveUsersResponse& response, Page& page) {
  const int step = DaysPerRow(response.buckets_size());
  page.Section(step == 1   ? "ACTIVE USERS BY DAY"
               : step == 7 ? "ACTIVE USERS BY WEEK"
                           : "ACTIVE USERS BY 30 DAYS",
               absl::StrCat(Counted(response.active_count(), "user"), " in the whole period"));
  const std::vector<SeriesRow> rows = RowsOf(response, step);
  int64_t most = 0;
  bool all_complete = true;
  for (const SeriesRow& row : rows) {
    most = std::max(most, row.active);
    all_complete = all_complete && row.complete;
  }
  Table table = TableFor(step);
  for (size_t i = 0; i < rows.size();) {
    size_t end = i;
    while (end < rows.size() && rows[end].empty() && !rows[end].marked()) ++end;
    if (end - i >= kMinCollapsedRows) {
      table.Note(absl::StrCat("⋮ ", (end - i) * step, " days without events"));
      i = end;
      continue;
    }
    AddRow(rows[i], step, most, table);
    ++i;
  }
  table.RenderTo(page);
  if (!all_complete) page.Paragraph("* not over yet, or cut by the period's edge", Tone::kQuiet);
  if (!rows.empty() && rows.front().begins_before) {
    page.Paragraph(absl::StrCat("* the first row begins before the period: its users are those of all ", step,
                                " days, its new users only those of the days inside"),
                   Tone::kQuiet);
  }
}

}  // namespace donut::cli
