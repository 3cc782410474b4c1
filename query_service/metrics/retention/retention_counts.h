// The cells of retention, as both engines count them. Plain data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "common/proto_alias.h"
#include "donut/analytics/v1/breakdown.pb.h"

namespace donut::query {

struct RetentionCount {
  int64_t actors = 0;
  // Only with a value property.
  double value_sum = 0;
  double cumulative_sum = 0;
};

// One table of cohorts and columns.
struct RetentionTable {
  // By cohort and column, both from 0; kCohortItself as the column is the cohort itself (its size, and the
  // value of offset 0), kComplete as the cohort all those whose cell is complete (values alone). Empty cells
  // are not there.
  std::map<std::pair<size_t, size_t>, RetentionCount> counts;

  static constexpr size_t kCohortItself = static_cast<size_t>(-1);
  static constexpr size_t kComplete = static_cast<size_t>(-1);

  RetentionCount At(size_t cohort, size_t column) const {
    const auto found = counts.find({cohort, column});
    return found == counts.end() ? RetentionCount() : found->second;
  }
};

struct RetentionCounts {
  RetentionTable all;
  // The values by size, then `other` and `none`, where anyone is in them.
  std::vector<std::pair<v1::BreakdownValue, RetentionTable>> rows;
  int64_t breakdown_value_count = 0;
};

}  // namespace donut::query
