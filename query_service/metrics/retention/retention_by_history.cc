#include "query_service/metrics/retention/retention_by_history.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "common/status_macros.h"
#include "query_service/events/top_values.h"
#include "query_service/metrics/retention/retention_fold.h"
#include "query_service/metrics/retention/retention_segments.h"

namespace donut::query {
namespace {

RetentionFrame::Mode ModeOf(const RetentionQuestion& question) {
  switch (question.mode) {
    case v1::RETENTION_MODE_ON_OR_AFTER:
      return RetentionFrame::Mode::kOnOrAfter;
    case v1::RETENTION_MODE_BRACKET:
      return RetentionFrame::Mode::kBracket;
    default:
      return RetentionFrame::Mode::kOn;
  }
}

RetentionFrame FrameOf(const RetentionQuestion& question, const RetentionSegments& segments) {
  std::vector<int64_t> bounds;
  for (const CalendarBucket& period : question.periods) bounds.push_back(absl::ToUnixMicros(period.start));
  bounds.push_back(absl::ToUnixMicros(question.periods.back().end));
  // Of the last cohort to what is beyond the last bound.
  const size_t offsets = bounds.size() + 1;
  RetentionFrame frame(std::move(bounds));
  frame.cohorts = static_cast<int>(question.cohorts);
  frame.recurring = question.kind == v1::RETENTION_KIND_RECURRING;
  frame.mode = ModeOf(question);
  frame.rolling = question.alignment == v1::RETENTION_ALIGNMENT_ROLLING;
  for (const RetentionOffsets& column : question.columns) {
    frame.asked_offsets.push_back(static_cast<int32_t>(column.first));
  }
  frame.boundaries = segments.boundaries;
  if (frame.rolling) {
    for (int64_t& boundary : frame.boundaries)
      boundary *= absl::ToInt64Microseconds(question.period_length());
    return frame;
  }
  for (size_t offset = 0; offset < offsets; ++offset) {
    frame.segment_of_offset.push_back(frame.SegmentSince(static_cast<int64_t>(offset)));
  }
  return frame;
}

EventQuestion EventsOfTable(const RetentionQuestion& question, const RetentionFrame& frame) {
  EventQuestion events = RetentionEvents(question);
  if (frame.recurring) events.from_us = frame.periods.bounds_us().front();
  events.to_us = absl::ToUnixMicros(question.returns_end());
  events.exact_times = frame.rolling || !question.value_property.empty();
  events.bounds_us = frame.periods.bounds_us();
  if (!question.value_property.empty()) events.numbers = {question.value_property};
  if (question.breakdown.empty()) return events;
  events.values = {question.breakdown};
  // The value is that of the first start event. Where several blocks have events of a user, they are put in
  // order by their times.
  events.ordered = !question.breakdown.reads_users();
  events.exact_times = events.exact_times || events.ordered;
  return events;
}

// The segments of a cohort, or of several together.
struct SegmentCounts {
  std::vector<int64_t> actors;
  // None: without values.
  std::vector<ExactDecimal> sums;
};

SegmentCounts CountsOfCohort(const RetentionFold& fold, const std::vector<size_t>& rows, size_t cohort,
                             size_t segment_count) {
  SegmentCounts counts;
  counts.actors.resize(segment_count);
  if (fold.sums(0, 0) != nullptr) counts.sums.resize(segment_count);
  for (const size_t row : rows) {
    for (size_t i = 0; i < segment_count; ++i) counts.actors[i] += fold.actors(row, cohort)[i];
    for (size_t i = 0; i < counts.sums.size(); ++i) counts.sums[i].Add(fold.sums(row, cohort)[i]);
  }
  return counts;
}

// Of one cell.
struct ExactCount {
  int64_t actors = 0;
  ExactDecimal sum;
  ExactDecimal cumulative;
};

// The cells of a cohort, the cohort itself first.
std::vector<ExactCount> CellsOf(const RetentionSegments& segments, const SegmentCounts& counts) {
  const size_t segment_count = counts.actors.size();
  // Up to each segment, and from each on.
  std::vector<ExactDecimal> up_to = counts.sums;
  std::vector<ExactDecimal> from = counts.sums;
  std::vector<int64_t> actors_from = counts.actors;
  for (size_t i = 1; i < up_to.size(); ++i) up_to[i].Add(up_to[i - 1]);
  for (size_t i = from.size(); i-- > 1;) from[i - 1].Add(from[i]);
  for (size_t i = segment_count; i-- > 1;) actors_from[i - 1] += actors_from[i];
  std::vector<ExactCount> cells(segments.first.size());
  for (size_t i = 0; i < cells.size(); ++i) {
    const auto first = static_cast<size_t>(segments.first[i]);
    // A cell is one segment, or, with ON_OR_AFTER, all from it on.
    const bool is_one = segments.last[i] == segments.first[i];
    cells[i].actors = is_one ? counts.actors[first] : actors_from[first];
    if (counts.sums.empty()) continue;
    cells[i].sum = is_one ? counts.sums[first] : from[first];
    cells[i].cumulative = up_to[static_cast<size_t>(segments.cumulative[i])];
  }
  return cells;
}

void SetCell(const ExactCount& exact, size_t cohort, size_t cell, RetentionTable& table) {
  const RetentionCount count = {exact.actors, exact.sum.ToDouble(), exact.cumulative.ToDouble()};
  if (count.actors == 0 && count.value_sum == 0 && count.cumulative_sum == 0) return;
  table.counts[{cohort, cell == 0 ? RetentionTable::kCohortItself : cell - 1}] = count;
}

// Of some rows together.
RetentionTable TableOf(const RetentionQuestion& question, const RetentionSegments& segments,
                       const RetentionFold& fold, const std::vector<size_t>& rows) {
  RetentionTable table;
  std::vector<ExactCount> complete(segments.first.size());
  for (size_t cohort = 0; cohort < question.cohorts; ++cohort) {
    const std::vector<ExactCount> cells =
        CellsOf(segments, CountsOfCohort(fold, rows, cohort, segments.boundaries.size() + 1));
    for (size_t i = 0; i < cells.size(); ++i) {
      SetCell(cells[i], cohort, i, table);
      if (question.value_property.empty() || static_cast<int64_t>(cohort) >= segments.complete_cohorts[i]) {
        continue;
      }
      complete[i].actors += cells[i].actors;
      complete[i].sum.Add(cells[i].sum);
      complete[i].cumulative.Add(cells[i].cumulative);
    }
  }
  for (size_t i = 0; i < complete.size(); ++i) SetCell(complete[i], RetentionTable::kComplete, i, table);
  return table;
}

bool HasMembers(const RetentionFold& fold, size_t row, size_t cohorts) {
  for (size_t cohort = 0; cohort < cohorts; ++cohort) {
    if (fold.actors(row, cohort)[0] > 0) return true;
  }
  return false;
}

}  // namespace

EventQuestion RetentionEvents(const RetentionQuestion& question) {
  EventQuestion events;
  events.project_id = question.scope.project_id;
  events.filter = question.scope.filter;
  events.predicates = {{question.start_event_names, question.start_filter},
                       {question.return_event_names, question.return_filter}};
  return events;
}

absl::StatusOr<RetentionCounts> RetentionByHistory(const RetentionQuestion& question, HistoryRun& run) {
  const RetentionSegments segments = SegmentsOf(question);
  auto frame = std::make_shared<RetentionFrame>(FrameOf(question, segments));
  ASSIGN_OR_RETURN(const std::unique_ptr<ActorScan> scan, run.Open(EventsOfTable(question, *frame)));
  const size_t breakdowns = question.breakdown.empty() ? 0 : 1;
  if (!question.value_property.empty()) frame->numbers = &scan->value_names(breakdowns);
  RetentionCounts counts;
  if (question.breakdown.empty()) {
    ASSIGN_OR_RETURN(const RetentionFold fold, FoldActors(*scan, RetentionFold(frame, nullptr, 1)));
    counts.all = TableOf(question, segments, fold, {0});
    return counts;
  }
  // First which values have a row. The values' numbers are the scan's, so they stay.
  ASSIGN_OR_RETURN(const RetentionValuesFold values, FoldActors(*scan, RetentionValuesFold(frame)));
  const int limit = question.breakdown.limit();
  const TopValues top(values.members(), scan->value_names(0), limit);
  counts.breakdown_value_count = top.value_count;
  const auto row_of_value = std::make_shared<const std::vector<int>>(top.row_of_value);
  const size_t row_count = static_cast<size_t>(limit) + 2;
  ASSIGN_OR_RETURN(const RetentionFold fold,
                   FoldActors(*scan, RetentionFold(frame, row_of_value, row_count)));
  std::vector<size_t> rows;
  for (size_t row = 0; row < row_count; ++row) {
    rows.push_back(row);
    if (!HasMembers(fold, row, question.cohorts)) continue;
    counts.rows.emplace_back(ValueOfRow(top, static_cast<int>(row), limit),
                             TableOf(question, segments, fold, {row}));
  }
  counts.all = TableOf(question, segments, fold, rows);
  return counts;
}

}  // namespace donut::query
