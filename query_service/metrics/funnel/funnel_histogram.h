// The bins of a histogram of durations: what was asked, checked, and the edges of what was counted. No state.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/funnel.pb.h"
#include "google/protobuf/repeated_field.h"

namespace donut::query {

inline constexpr int kMaxHistogramBins = 100;

// INVALID_ARGUMENT names the field, which begins with `field`, and the rule. Edges become whole microseconds.
absl::StatusOr<v1::HistogramBins> ResolveHistogram(const v1::HistogramBins& bins, const std::string& field);

// The edges in microseconds; empty for bins of equal width.
std::vector<int64_t> EdgesInMicros(const v1::HistogramBins& bins);

// What was counted of one set of durations, in microseconds.
struct HistogramCounts {
  int64_t shortest = 0;
  int64_t longest = 0;
  // Of equal width; 0 with edges.
  int bin_count = 0;
  // By bin, from 0; those without anything may be left out.
  std::map<int, int64_t> counts;
};

// As funnel_histogram.sql. `micros` is not empty; its order changes.
HistogramCounts CountInBins(const v1::HistogramBins& asked, std::vector<int64_t>& micros);

// All bins in order, empty ones too.
google::protobuf::RepeatedPtrField<v1::HistogramBin> ToBins(const v1::HistogramBins& asked,
                                                            const HistogramCounts& counts);

}  // namespace donut::query
