#include "query_service/metrics/retention/retention_segments.h"

#include <iterator>
#include <set>

namespace donut::query {

RetentionSegments SegmentsOf(const RetentionQuestion& question) {
  std::set<int64_t> boundaries = {1};
  for (const RetentionOffsets& column : question.columns) {
    boundaries.insert(column.first);
    boundaries.insert(column.last + 1);
  }
  RetentionSegments segments;
  segments.boundaries.assign(boundaries.begin(), boundaries.end());
  for (const RetentionOffsets& column : question.columns) {
    const int64_t segment = std::distance(boundaries.begin(), boundaries.find(column.first)) + 1;
    segments.first.push_back(segment);
    segments.last.push_back(
        question.mode == v1::RETENTION_MODE_ON_OR_AFTER ? static_cast<int64_t>(boundaries.size()) : segment);
    segments.cumulative.push_back(segment);
    int64_t complete = 0;
    // A later cohort's period ends later.
    while (static_cast<size_t>(complete) < question.cohorts && question.complete(complete, column))
      ++complete;
    segments.complete_cohorts.push_back(complete);
  }
  return segments;
}

}  // namespace donut::query
