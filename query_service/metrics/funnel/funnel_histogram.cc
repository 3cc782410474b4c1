#include "query_service/metrics/funnel/funnel_histogram.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/events/durations.h"

namespace donut::query {
namespace {

constexpr absl::Duration kMaxEdge = absl::Hours(366 * 24);

absl::Status ResolveEdges(v1::HistogramEdges& edges, const std::string& field) {
  if (edges.edges().empty() || edges.edges_size() > kMaxHistogramBins) {
    return InvalidField(field, absl::StrCat("must have 1 to ", kMaxHistogramBins, " edges"));
  }
  absl::Duration before = -absl::Microseconds(1);
  for (int i = 0; i < edges.edges_size(); ++i) {
    const std::string place = absl::StrCat(field, "[", i, "]");
    ASSIGN_OR_RETURN(absl::Duration edge, FromProto(edges.edges(i), place));
    edge = absl::Floor(edge, absl::Microseconds(1));
    if (edge < absl::ZeroDuration() || edge > kMaxEdge)
      return InvalidField(place, "must be from 0 to 366 days");
    if (edge <= before)
      return InvalidField(place, "must be longer than the edge before it, by a microsecond or more");
    before = edge;
    *edges.mutable_edges(i) = donut::ToProto(edge);
  }
  return absl::OkStatus();
}

double ToSeconds(double micros) { return micros / 1e6; }

// A whole number with the noise of its computation is that number.
constexpr double kBinNoise = 1e-9;

// How many bins a rule makes of these durations, which are not all the same: funnel.proto.
double BinsByRule(v1::HistogramRule rule, int64_t spread, std::vector<int64_t>& micros) {
  const auto count = static_cast<double>(micros.size());
  switch (rule) {
    case v1::HISTOGRAM_RULE_FREEDMAN_DIACONIS: {
      const std::vector<double> quartiles = PercentilesCont({0.25, 0.75}, micros);
      if (quartiles[1] <= quartiles[0]) return 1;
      return std::ceil(static_cast<double>(spread) * std::cbrt(count) / (2 * (quartiles[1] - quartiles[0])) -
                       kBinNoise);
    }
    case v1::HISTOGRAM_RULE_STURGES: {
      int doublings = 0;
      while ((size_t{1} << doublings) < micros.size()) ++doublings;
      return doublings + 1;
    }
    case v1::HISTOGRAM_RULE_SQUARE_ROOT:
      return std::ceil(std::sqrt(count));
    default:
      return std::ceil(std::cbrt(count) - kBinNoise);
  }
}

}  // namespace

absl::StatusOr<v1::HistogramBins> ResolveHistogram(const v1::HistogramBins& bins, const std::string& field) {
  v1::HistogramBins resolved = bins;
  switch (bins.bins_case()) {
    case v1::HistogramBins::kCount:
      if (bins.count() >= 1 && bins.count() <= kMaxHistogramBins) return resolved;
      return InvalidField(field + ".count", absl::StrCat("must be from 1 to ", kMaxHistogramBins));
    case v1::HistogramBins::kRule:
      if (v1::HistogramRule_IsValid(bins.rule()) && bins.rule() != v1::HISTOGRAM_RULE_UNSPECIFIED)
        return resolved;
      return InvalidField(field + ".rule",
                          "must be HISTOGRAM_RULE_FREEDMAN_DIACONIS, _STURGES, _SQUARE_ROOT or _CUBE_ROOT");
    case v1::HistogramBins::kEdges:
      RETURN_IF_ERROR(ResolveEdges(*resolved.mutable_edges(), field + ".edges.edges"));
      return resolved;
    default:
      return InvalidField(field, "must have one of count, rule and edges");
  }
}

std::vector<int64_t> EdgesInMicros(const v1::HistogramBins& bins) {
  std::vector<int64_t> micros;
  for (const auto& edge : bins.edges().edges())
    micros.push_back(edge.seconds() * 1'000'000 + edge.nanos() / 1'000);
  return micros;
}

HistogramCounts CountInBins(const v1::HistogramBins& asked, std::vector<int64_t>& micros) {
  const auto [shortest, longest] = std::minmax_element(micros.begin(), micros.end());
  HistogramCounts counts;
  counts.shortest = *shortest;
  counts.longest = *longest;
  if (asked.bins_case() == v1::HistogramBins::kEdges) {
    const std::vector<int64_t> edges = EdgesInMicros(asked);
    for (const int64_t one : micros) {
      ++counts.counts[static_cast<int>(std::upper_bound(edges.begin(), edges.end(), one) - edges.begin())];
    }
    return counts;
  }
  const int64_t spread = counts.longest - counts.shortest;
  if (spread == 0) {
    counts.bin_count = 1;
  } else if (asked.bins_case() == v1::HistogramBins::kCount) {
    counts.bin_count = asked.count();
  } else {
    counts.bin_count = static_cast<int>(
        std::clamp(BinsByRule(asked.rule(), spread, micros), 1.0, static_cast<double>(kMaxHistogramBins)));
  }
  std::vector<int64_t> by_bin(static_cast<size_t>(counts.bin_count));
  for (const int64_t one : micros) {
    const int64_t bin = spread == 0 ? 0 : (one - counts.shortest) * counts.bin_count / spread;
    ++by_bin[static_cast<size_t>(std::min<int64_t>(bin, counts.bin_count - 1))];
  }
  for (size_t bin = 0; bin < by_bin.size(); ++bin) counts.counts[static_cast<int>(bin)] = by_bin[bin];
  return counts;
}

google::protobuf::RepeatedPtrField<v1::HistogramBin> ToBins(const v1::HistogramBins& asked,
                                                            const HistogramCounts& counts) {
  google::protobuf::RepeatedPtrField<v1::HistogramBin> bins;
  const auto add = [&](int place, double low) -> v1::HistogramBin& {
    v1::HistogramBin& bin = *bins.Add();
    bin.set_low_seconds(ToSeconds(low));
    const auto found = counts.counts.find(place);
    bin.set_count(found == counts.counts.end() ? 0 : found->second);
    return bin;
  };
  if (asked.bins_case() != v1::HistogramBins::kEdges) {
    const double width = static_cast<double>(counts.longest - counts.shortest) / counts.bin_count;
    const auto low_of = [&](int place) { return static_cast<double>(counts.shortest) + width * place; };
    for (int i = 0; i < counts.bin_count; ++i) {
      add(i, low_of(i))
          .set_high_seconds(
              ToSeconds(i + 1 == counts.bin_count ? static_cast<double>(counts.longest) : low_of(i + 1)));
    }
    return bins;
  }
  // Bin 0 lies below the first edge.
  const std::vector<int64_t> edges = EdgesInMicros(asked);
  if (edges[0] > 0) add(0, 0).set_high_seconds(ToSeconds(static_cast<double>(edges[0])));
  for (size_t i = 0; i < edges.size(); ++i) {
    v1::HistogramBin& bin = add(static_cast<int>(i) + 1, static_cast<double>(edges[i]));
    if (i + 1 < edges.size()) bin.set_high_seconds(ToSeconds(static_cast<double>(edges[i + 1])));
  }
  return bins;
}

}  // namespace donut::query
