// Disjoint ranges of offsets that the cells of retention are made of. No state; thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "query_service/metrics/retention/retention_question.h"

namespace donut::query {

// Segment 0 is offset 0.
struct RetentionSegments {
  // With which each of the others begins.
  std::vector<int64_t> boundaries;
  // Of each cell; the first is the cohort itself.
  std::vector<int64_t> first = {0};
  std::vector<int64_t> last = {0};
  // The last segment that its cumulative sum takes in.
  std::vector<int64_t> cumulative = {0};
  // Of how many cohorts, from the first, it is complete.
  std::vector<int64_t> complete_cohorts = {0};
};

RetentionSegments SegmentsOf(const RetentionQuestion& question);

}  // namespace donut::query
