// Means and percentiles of durations as PostgreSQL computes them, to the last bit: avg(bigint), whose
// quotient is a decimal, and percentile_cont, which goes by doubles. So both engines give the same answer.
// Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/proto_alias.h"
#include "donut/analytics/v1/scope.pb.h"

namespace donut::query {

// As avg(bigint) and then a cast to double: the decimal quotient has the digits that PostgreSQL gives it.
// `count` is positive.
double NumericMean(__int128 sum, int64_t count);

// As percentile_cont for each of the fractions, which ascend. `values` is not empty; its order changes.
std::vector<double> PercentilesCont(const std::vector<double>& fractions, std::vector<int64_t>& values);

// Percentiles lie between two durations and come with the noise of that computation. Rounded to nanoseconds,
// whole microseconds are whole again.
double SecondsFromMicros(double micros);

// Nothing of none. The order of `micros` changes.
std::optional<v1::DurationStatistics> DurationStatisticsOf(std::vector<int64_t>& micros);

}  // namespace donut::query
