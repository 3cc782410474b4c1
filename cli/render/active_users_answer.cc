#include "cli/render/active_users_answer.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/render/csv.h"
#include "cli/render/display_text.h"
#include "cli/render/figures.h"
#include "cli/render/filter_text.h"
#include "cli/render/question.h"

namespace donut::cli {
namespace {

using Kind = Table::Kind;

// From here on the windows of a day are shown beside the comparison.
constexpr int kWidthOfBoth = 100;
// Of the table with a column per value.
constexpr int kRoomOfBuckets = 21;
constexpr int kMaxBucketWidth = 12;
constexpr int kBucketGap = 2;
constexpr char kMidnight[] = " 00:00:00";

bool IsDaily(const v1::GetActiveUsersResponse& response) {
  return response.granularity() == v1::GRANULARITY_DAY ||
         response.granularity() == v1::GRANULARITY_UNSPECIFIED;
}

// "+12.3%", "-4.0%"; "-" where nothing was before.
std::string Change(int64_t now, int64_t before) {
  if (before == 0) return now == 0 ? "0%" : kAbsent;
  if (now == before) return "0%";
  return absl::StrFormat("%+.1f%%", 100.0 * (static_cast<double>(now) / static_cast<double>(before) - 1));
}

std::string RowLabel(const v1::GetActiveUsersResponse& response, const v1::Bucket& bucket) {
  return absl::StrCat(BucketLabel(response.granularity(), bucket.label()), bucket.complete() ? "" : " *");
}

struct Columns {
  bool windows = false;
  bool previous = false;
};

Table SeriesTable(const v1::GetActiveUsersResponse& response, const Columns& shown) {
  std::vector<Table::Column> columns = {{PeriodName(response.granularity()), Kind::kLabel},
                                        {ActorNoun(response.actor()) + "s", Kind::kNumber},
                                        {"", Kind::kBar},
                                        {"new", Kind::kNumber}};
  if (shown.windows) {
    columns.insert(columns.end(),
                   {{"7 days", Kind::kNumber}, {"30 days", Kind::kNumber}, {"DAU/MAU", Kind::kNumber}});
  }
  if (shown.previous) columns.insert(columns.end(), {{"before", Kind::kNumber}, {"change", Kind::kNumber}});
  return Table(columns);
}

void AddRow(const v1::GetActiveUsersResponse& response, int i, int64_t most, const Columns& shown,
            Table& table) {
  const v1::ActiveUsersBucket& bucket = response.buckets(i);
  const bool complete = bucket.bucket().complete();
  const Tone tone = complete ? Tone::kPlain : Tone::kQuiet;
  std::vector<Table::Cell> cells = {
      {RowLabel(response, bucket.bucket()), tone},
      {Count(bucket.active_count()), tone},
      Table::Cell::OfBar(Share(bucket.active_count(), most), complete ? Tone::kBar : Tone::kQuiet),
      {bucket.new_count() > 0 ? absl::StrCat("+", Count(bucket.new_count())) : "", Tone::kGood}};
  if (shown.windows) {
    cells.emplace_back(bucket.has_trailing_7_day_count() ? Count(bucket.trailing_7_day_count()) : kAbsent,
                       Tone::kQuiet);
    cells.emplace_back(bucket.has_trailing_30_day_count() ? Count(bucket.trailing_30_day_count()) : kAbsent,
                       Tone::kQuiet);
    cells.emplace_back(Percent(bucket.has_stickiness(), bucket.stickiness()), Tone::kQuiet);
  }
  if (shown.previous) {
    const bool has = i < response.previous().buckets_size();
    const int64_t before = has ? response.previous().buckets(i).active_count() : 0;
    cells.emplace_back(has ? Count(before) : kAbsent, Tone::kQuiet);
    // A part of a period says nothing beside a whole one.
    const std::string change = has && complete ? Change(bucket.active_count(), before) : "";
    cells.emplace_back(change, change.starts_with('-') && change != kAbsent ? Tone::kBad
                               : change.starts_with('+')                    ? Tone::kGood
                                                                            : Tone::kQuiet);
  }
  table.Row(std::move(cells));
}

bool IsQuiet(const v1::GetActiveUsersResponse& response, int i) {
  const v1::ActiveUsersBucket& bucket = response.buckets(i);
  const bool quiet_before =
      i >= response.previous().buckets_size() || response.previous().buckets(i).active_count() == 0;
  return bucket.active_count() == 0 && bucket.bucket().complete() && quiet_before;
}

void RenderSeries(const v1::GetActiveUsersResponse& response, Page& page) {
  const std::string period = PeriodName(response.granularity());
  Columns shown;
  shown.previous = response.has_previous();
  shown.windows = IsDaily(response) && (!shown.previous || page.width() >= kWidthOfBoth);
  int64_t most = 0;
  bool all_complete = true;
  for (const v1::ActiveUsersBucket& bucket : response.buckets()) {
    most = std::max(most, bucket.active_count());
    all_complete = all_complete && bucket.bucket().complete();
  }
  Table table = SeriesTable(response, shown);
  for (int i = 0; i < response.buckets_size();) {
    int end = i;
    while (end < response.buckets_size() && IsQuiet(response, end)) ++end;
    if (end - i >= kMinCollapsedRows) {
      table.Note(absl::StrCat("⋮ ", end - i, " ", period, "s without events"));
      i = end;
      continue;
    }
    AddRow(response, i++, most, shown, table);
  }
  table.RenderTo(page);
  if (!all_complete) page.Paragraph("* not over yet, or cut by the period's edge", Tone::kQuiet);
}

// As days, the last one included, where the interval is whole days.
std::string IntervalText(const v1::PreviousActiveUsers& previous, const v1::ResolvedScope& scope) {
  const std::string start = LocalTime(previous.start_time(), scope);
  const std::string end = LocalTime(previous.end_time(), scope);
  if (!absl::EndsWith(start, kMidnight) || !absl::EndsWith(end, kMidnight)) {
    return absl::StrCat(start, " to ", end);
  }
  v1::ResolvedScope days = scope;
  *days.mutable_start_time() = previous.start_time();
  *days.mutable_end_time() = previous.end_time();
  const Period period = PeriodOf(days);
  return absl::StrCat(absl::FormatCivilTime(period.first), " to ", absl::FormatCivilTime(period.last));
}

void RenderPrevious(const v1::GetActiveUsersResponse& response, Page& page) {
  if (!response.has_previous()) return;
  const v1::PreviousActiveUsers& previous = response.previous();
  page.Paragraph(
      absl::StrCat("before: ", IntervalText(previous, response.scope()), ", ",
                   Counted(previous.active_count(), ActorNoun(response.actor())), " in the whole of it (",
                   Change(response.active_count(), previous.active_count()), " since)"),
      Tone::kQuiet);
}

// A column per value, as many as there is room for.
void RenderValueSeries(const v1::GetActiveUsersResponse& response, Page& page) {
  std::vector<const v1::ActiveUsersBreakdownRow*> rows;
  std::vector<Table::Column> columns = {{PeriodName(response.granularity()), Kind::kLabel}};
  int room = page.width() - kRoomOfBuckets;
  for (const v1::ActiveUsersBreakdownRow& row : response.breakdown_rows()) {
    const std::string title = CutToWidth(ValueLabel(row.value()), kMaxBucketWidth);
    room -=
        std::max<int>(DisplayWidth(title), static_cast<int>(Count(row.active_count()).size())) + kBucketGap;
    if (room < 0) break;
    columns.push_back({title, Kind::kNumber});
    rows.push_back(&row);
  }
  if (rows.empty()) return;
  page.BlankLine();
  Table table(columns);
  for (int i = 0; i < response.buckets_size();) {
    int end = i;
    while (end < response.buckets_size() && IsQuiet(response, end)) ++end;
    if (end - i >= kMinCollapsedRows) {
      table.Note(absl::StrCat("⋮ ", end - i, " ", PeriodName(response.granularity()), "s without events"));
      i = end;
      continue;
    }
    const v1::Bucket& bucket = response.buckets(i).bucket();
    const Tone tone = bucket.complete() ? Tone::kPlain : Tone::kQuiet;
    std::vector<Table::Cell> cells = {{RowLabel(response, bucket), tone}};
    for (const v1::ActiveUsersBreakdownRow* row : rows) {
      const int64_t count = i < row->buckets_size() ? row->buckets(i).active_count() : 0;
      cells.emplace_back(Count(count), count == 0 ? Tone::kQuiet : tone);
    }
    table.Row(std::move(cells));
    ++i;
  }
  table.RenderTo(page);
  const int hidden = response.breakdown_rows_size() - static_cast<int>(rows.size());
  if (hidden > 0) page.Paragraph(absl::StrCat(hidden, " further columns: --csv has all"), Tone::kQuiet);
}

void RenderBreakdown(const v1::GetActiveUsersResponse& response, Page& page) {
  if (!response.has_breakdown()) return;
  const std::string noun = ActorNoun(response.actor());
  int64_t values = 0;
  for (const v1::ActiveUsersBreakdownRow& row : response.breakdown_rows()) {
    if (row.value().kind_case() == v1::BreakdownValue::kText) ++values;
  }
  page.Section(absl::StrCat("BY ", Harmless(BreakdownText(response.breakdown()))),
               ValuesShown(values, response.breakdown_value_count()));
  Table table(
      {{"value", Kind::kText}, {noun + "s", Kind::kNumber}, {"", Kind::kBar}, {"share", Kind::kNumber}});
  for (const v1::ActiveUsersBreakdownRow& row : response.breakdown_rows()) {
    const bool is_value = row.value().kind_case() == v1::BreakdownValue::kText;
    const double share = Share(row.active_count(), response.active_count());
    table.Row({{ValueLabel(row.value()), is_value ? Tone::kStrong : Tone::kQuiet},
               Count(row.active_count()),
               Table::Cell::OfBar(share),
               response.active_count() > 0 ? Percent(share) : kAbsent});
  }
  table.RenderTo(page);
  page.Paragraph(absl::StrCat("a ", noun, " is in the row of every value that it had"), Tone::kQuiet);
  RenderValueSeries(response, page);
}

void AddCsvRows(const std::string& interval, const v1::BreakdownValue* value,
                const google::protobuf::RepeatedPtrField<v1::ActiveUsersBucket>& buckets, Csv& csv) {
  for (const v1::ActiveUsersBucket& bucket : buckets) {
    csv.Text(interval)
        .Value(value)
        .Bucket(bucket.bucket())
        .Number(bucket.active_count())
        .Number(bucket.new_count())
        .Number(bucket.known_count());
    csv.Text(bucket.has_trailing_7_day_count() ? absl::StrCat(bucket.trailing_7_day_count()) : "");
    csv.Text(bucket.has_trailing_30_day_count() ? absl::StrCat(bucket.trailing_30_day_count()) : "");
    csv.Rate(bucket.has_stickiness(), bucket.stickiness()).Next();
  }
}

}  // namespace

std::string ActiveUsersText(const v1::GetActiveUsersResponse& response, const PageOptions& options) {
  Page page(options);
  RenderHeading(response.scope(), page);
  const std::string noun = ActorNoun(response.actor());
  page.Section(absl::StrCat("ACTIVE ", absl::AsciiStrToUpper(noun), "S BY ",
                            absl::AsciiStrToUpper(PeriodName(response.granularity()))),
               absl::StrCat(Counted(response.active_count(), noun), " in the whole period"));
  std::vector<std::string> assumptions;
  if (response.event_names_size() > 0) {
    assumptions.push_back(
        absl::StrCat("active is who did ", Harmless(absl::StrJoin(response.event_names(), " or "))));
  }
  if (response.active_count() == 0 && response.previous().active_count() == 0) {
    page.Paragraph(absl::StrCat(
        "No ", noun, " was active in this period. What there is: ", ViewOfSameDays(response.scope())));
    RenderAssumptions(assumptions, response.scope(), page);
    return page.text();
  }
  RenderSeries(response, page);
  RenderPrevious(response, page);
  RenderBreakdown(response, page);
  RenderAssumptions(assumptions, response.scope(), page);
  return page.text();
}

std::string ActiveUsersCsv(const v1::GetActiveUsersResponse& response) {
  Csv csv(Csv::Joined({{"interval"},
                       Csv::ValueColumns(),
                       Csv::BucketColumns("bucket"),
                       {"active", "new", "known", "active_7_days", "active_30_days"},
                       Csv::RateColumns("stickiness")}));
  AddCsvRows("current", nullptr, response.buckets(), csv);
  for (const v1::ActiveUsersBreakdownRow& row : response.breakdown_rows()) {
    AddCsvRows("current", &row.value(), row.buckets(), csv);
  }
  AddCsvRows("previous", nullptr, response.previous().buckets(), csv);
  return csv.text();
}

}  // namespace donut::cli
