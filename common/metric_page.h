// What one look at a service's metrics gives: names, help and values, gathered anew each time from
// where they are counted (metric_values.h). metrics_endpoint.h shows it to Prometheus. Plain data, not
// thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/metric_values.h"

namespace donut {

enum class MetricType { kCounter, kGauge, kHistogram };

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

struct MetricSample {
  MetricLabels labels;
  double value = 0;
  HistogramReading histogram;  // of a histogram, instead of `value`
};

struct MetricFamily {
  std::string name;
  std::string help;
  MetricType type = MetricType::kCounter;
  std::vector<MetricSample> samples;
};

class MetricPage {
 public:
  // Names follow Prometheus: base units, a counter ends in _total. A second sample of a family has
  // other labels; the values of a label are bounded, and never come from users.
  void AddCounter(const std::string& name, const std::string& help, double value, MetricLabels labels = {});
  void AddGauge(const std::string& name, const std::string& help, double value, MetricLabels labels = {});
  void AddHistogram(const std::string& name, const std::string& help, const Histogram& histogram,
                    MetricLabels labels = {});

  // A counter for each number, zeros included: a rate needs a first value. `label_of` gives the value of
  // the label; a number for which it is empty is left out.
  template <int kSize>
  void AddCounters(const std::string& name, const std::string& help, const std::string& label,
                   const CountersByNumber<kSize>& counters, const std::function<std::string(int)>& label_of,
                   const MetricLabels& more_labels = {}) {
    for (int number = 0; number < kSize; ++number) {
      const std::string value = label_of(number);
      if (value.empty()) continue;
      MetricLabels labels = more_labels;
      labels.emplace_back(label, value);
      AddCounter(name, help, static_cast<double>(counters.value(number)), std::move(labels));
    }
  }

  const std::vector<MetricFamily>& families() const { return families_; }
  // For tests: nullopt when there is no such sample. Of a histogram, its count.
  std::optional<double> Find(const std::string& name, const MetricLabels& labels = {}) const;

 private:
  MetricSample& Add(const std::string& name, const std::string& help, MetricType type, MetricLabels labels);

  std::vector<MetricFamily> families_;
};

// "OK", "INVALID_ARGUMENT": the value of a label `code`.
std::string CodeLabel(int code);

}  // namespace donut
