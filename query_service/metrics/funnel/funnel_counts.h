// From a funnel's question to counts, by its statements. No state.
#pragma once

#include <cstdint>
#include <optional>
#include <pqxx/pqxx>
#include <vector>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "query_service/metrics/funnel/funnel_histogram.h"
#include "query_service/metrics/funnel/funnel_question.h"

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

// INVALID_ARGUMENT for a filter that the database cannot read. Throws pqxx exceptions.
absl::StatusOr<FunnelAnswer> CountFunnel(const FunnelQuestion& question, pqxx::transaction_base& transaction);

}  // namespace donut::query
