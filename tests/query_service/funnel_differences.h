// How the answers of funnels differ from those of their oracle, in words. For tests. Not thread-safe.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/funnel.pb.h"
#include "tests/reference/funnel.h"
#include "tests/reference/funnel_histogram.h"

namespace donut::testing {

// Collects what differs.
class FunnelDifferences {
 public:
  // `histogram`: as asked; nothing: not asked for.
  explicit FunnelDifferences(std::optional<v1::HistogramBins> histogram) : histogram_(std::move(histogram)) {}

  const std::string& text() const { return text_; }

  void Count(const std::string& what, int64_t got, int64_t expected) {
    if (got != expected) absl::StrAppend(&text_, what, ": got ", got, ", expected ", expected, "\n");
  }

  void Text(const std::string& what, const std::string& got, const std::string& expected) {
    if (got != expected) absl::StrAppend(&text_, what, ": got ", got, ", expected ", expected, "\n");
  }

  void Share(const std::string& what, bool present, const v1::Rate& got, int64_t part, int64_t whole) {
    Count(what + " is present", present, whole > 0);
    if (present && whole > 0)
      Number(what, got.value(), static_cast<double>(part) / static_cast<double>(whole));
  }

  // `got` has time_to_convert and time_to_convert_histogram, or those of another name.
  template <typename Bins>
  void Times(const std::string& what, bool present, const v1::DurationStatistics& got, const Bins& got_bins,
             const std::vector<absl::Duration>& expected) {
    Count(what + " is present", present, !expected.empty());
    if (present && !expected.empty()) Statistics(what, got, expected);
    std::vector<v1::HistogramBin> bins;
    if (histogram_) bins = HistogramByDefinition(*histogram_, expected);
    Count(what + " bins", got_bins.size(), static_cast<int64_t>(bins.size()));
    if (got_bins.size() != static_cast<int>(bins.size())) return;
    for (int i = 0; i < got_bins.size(); ++i) {
      const std::string bin = absl::StrCat(what, " bin ", i);
      Count(bin, got_bins[i].count(), bins[i].count());
      Number(bin + " low", got_bins[i].low_seconds(), bins[i].low_seconds());
      Count(bin + " has high", got_bins[i].has_high_seconds(), bins[i].has_high_seconds());
      Number(bin + " high", got_bins[i].high_seconds(), bins[i].high_seconds());
    }
  }

  // Of a whole answer, or of a row of its breakdown.
  template <typename Counts>
  void Steps(const std::string& name, const Counts& got, const FunnelCountsByDefinition& expected) {
    Count(name + "steps", got.steps_size(), static_cast<int64_t>(expected.actors.size()));
    int64_t previous = expected.actors[0];
    for (int i = 0; i < got.steps_size(); ++i) {
      const v1::FunnelStepResult& step = got.steps(i);
      const std::string place = absl::StrCat(name, "steps[", i, "]");
      const int64_t actors = expected.actors[i];
      Count(place, step.actor_count(), actors);
      Count(place + ".drop_off_count", step.drop_off_count(), previous - actors);
      Share(place + ".drop_off", step.has_drop_off(), step.drop_off(), previous - actors, previous);
      Share(place + ".conversion_from_previous", step.has_conversion_from_previous(),
            step.conversion_from_previous(), actors, previous);
      Share(place + ".conversion_from_first", step.has_conversion_from_first(), step.conversion_from_first(),
            actors, expected.actors[0]);
      Times(place + ".time_from_previous", step.has_time_from_previous(), step.time_from_previous(),
            step.time_from_previous_histogram(), expected.from_previous[i]);
      previous = actors;
    }
    Share(name + "conversion", got.has_conversion(), got.conversion(), expected.actors.back(),
          expected.actors[0]);
    Times(name + "time_to_convert", got.has_time_to_convert(), got.time_to_convert(),
          got.time_to_convert_histogram(), expected.to_convert);
    Count(name + "actors_still_open", got.actors_still_open_count(), expected.still_open);
  }

 private:
  // What printing and reading doubles may leave.
  static constexpr double kRounding = 1e-6;

  void Number(const std::string& what, double got, double expected) {
    if (std::abs(got - expected) > kRounding) {
      absl::StrAppend(&text_, what, ": got ", got, ", expected ", expected, "\n");
    }
  }

  void Statistics(const std::string& what, const v1::DurationStatistics& got,
                  const std::vector<absl::Duration>& expected) {
    absl::Duration sum;
    for (const absl::Duration duration : expected) sum += duration;
    Count(what + ".count", got.count(), static_cast<int64_t>(expected.size()));
    Number(what + ".mean", got.mean_seconds(),
           absl::ToDoubleSeconds(sum) / static_cast<double>(expected.size()));
    Number(what + ".median", got.median_seconds(), PercentileByDefinition(0.5, expected));
    Number(what + ".p90", got.p90_seconds(), PercentileByDefinition(0.9, expected));
    Number(what + ".p99", got.p99_seconds(), PercentileByDefinition(0.99, expected));
    Number(what + ".min", got.min_seconds(), PercentileByDefinition(0, expected));
    Number(what + ".max", got.max_seconds(), PercentileByDefinition(1, expected));
  }

  const std::optional<v1::HistogramBins> histogram_;
  std::string text_;
};

}  // namespace donut::testing
