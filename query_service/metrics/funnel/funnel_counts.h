// What is counted for a funnel, by whichever engine. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/proto_alias.h"
#include "donut/analytics/v1/breakdown.pb.h"
#include "donut/analytics/v1/funnel.pb.h"
#include "google/protobuf/repeated_field.h"

namespace donut::query {

// How long something took; nothing where nobody did it.
struct FunnelTimes {
  std::optional<v1::DurationStatistics> statistics;
  // Empty unless asked for.
  google::protobuf::RepeatedPtrField<v1::HistogramBin> histogram;
};

struct FunnelStepCount {
  // That reached this step or a later one.
  int64_t actors = 0;
  // Since the step before; nothing for the first.
  FunnelTimes from_previous;
};

// Of all actors, or of those of one value.
struct FunnelCounts {
  // As many as the question has.
  std::vector<FunnelStepCount> steps;
  // From the first step to the last; nothing for a funnel of one step.
  FunnelTimes to_convert;
  int64_t actors_still_open = 0;
};

struct FunnelRow {
  v1::BreakdownValue value;
  FunnelCounts counts;
};

struct FunnelBucketCount {
  int64_t entered = 0;
  int64_t reached_from = 0;
  int64_t reached_to = 0;
};

struct FunnelAnswer {
  FunnelCounts whole;
  // Of the breakdown, in the order of the answer.
  std::vector<FunnelRow> rows;
  int64_t value_count = 0;
  // One for each of the series' buckets.
  std::vector<FunnelBucketCount> buckets;
};

}  // namespace donut::query
