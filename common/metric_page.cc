#include "common/metric_page.h"

#include <algorithm>

#include "absl/status/status.h"

namespace donut {

MetricSample& MetricPage::Add(const std::string& name, const std::string& help, MetricType type,
                              MetricLabels labels) {
  auto family = std::find_if(families_.begin(), families_.end(),
                             [&](const MetricFamily& one) { return one.name == name; });
  if (family == families_.end()) family = families_.insert(family, {name, help, type, {}});
  MetricSample& sample = family->samples.emplace_back();
  sample.labels = std::move(labels);
  return sample;
}

void MetricPage::AddCounter(const std::string& name, const std::string& help, double value,
                            MetricLabels labels) {
  Add(name, help, MetricType::kCounter, std::move(labels)).value = value;
}

void MetricPage::AddGauge(const std::string& name, const std::string& help, double value,
                          MetricLabels labels) {
  Add(name, help, MetricType::kGauge, std::move(labels)).value = value;
}

void MetricPage::AddHistogram(const std::string& name, const std::string& help, const Histogram& histogram,
                              MetricLabels labels) {
  Add(name, help, MetricType::kHistogram, std::move(labels)).histogram = histogram.Read();
}

std::optional<double> MetricPage::Find(const std::string& name, const MetricLabels& labels) const {
  for (const MetricFamily& family : families_) {
    if (family.name != name) continue;
    for (const MetricSample& sample : family.samples) {
      if (sample.labels != labels) continue;
      if (family.type == MetricType::kHistogram) return static_cast<double>(sample.histogram.count);
      return sample.value;
    }
  }
  return std::nullopt;
}

std::string CodeLabel(int code) { return absl::StatusCodeToString(static_cast<absl::StatusCode>(code)); }

}  // namespace donut
