// What is counted while the services work: counters, gauges, histograms. Atomics only: counting costs
// a few nanoseconds, reading waits for nobody. They know nothing of Prometheus (metric_page.h gives them
// names), and a test reads them without HTTP. Thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace donut {

// Only goes up.
class Counter {
 public:
  void Add(int64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_ = 0;
};

// Counters of one thing by a small number: a status code, an enum of a proto.
template <int kSize>
class CountersByNumber {
 public:
  // What is out of range, as an enum that came over the wire may be, counts under 0.
  void Add(int number, int64_t count = 1) { counters_[Index(number)].Add(count); }
  int64_t value(int number) const { return counters_[Index(number)].value(); }
  static constexpr int size() { return kSize; }

 private:
  static size_t Index(int number) {
    return number >= 0 && number < kSize ? static_cast<size_t>(number) : size_t{0};
  }

  std::array<Counter, kSize> counters_;
};

// By absl::StatusCode, whose numbers are those of gRPC.
inline constexpr int kStatusCodes = 17;
using CountersByCode = CountersByNumber<kStatusCodes>;

// How many there are now.
class Gauge {
 public:
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  friend class CountedIn;
  std::atomic<int64_t> value_ = 0;
};

// One more in the gauge as long as the object lives.
class CountedIn {
 public:
  explicit CountedIn(Gauge& gauge) : gauge_(gauge) { ++gauge_.value_; }
  ~CountedIn() { --gauge_.value_; }
  CountedIn(const CountedIn&) = delete;
  CountedIn& operator=(const CountedIn&) = delete;

 private:
  Gauge& gauge_;
};

struct HistogramReading {
  std::vector<double> upper_bounds;  // inclusive, ascending; the last bucket, without a bound, is left out
  std::vector<int64_t> up_to_bound;  // how many were at most the bound of the same place
  int64_t count = 0;
  double sum = 0;
};

class Histogram {
 public:
  explicit Histogram(std::vector<double> upper_bounds)
      : upper_bounds_(std::move(upper_bounds)), counts_(upper_bounds_.size() + 1) {}

  void Observe(double value) {
    const auto bucket = std::lower_bound(upper_bounds_.begin(), upper_bounds_.end(), value);
    counts_[static_cast<size_t>(bucket - upper_bounds_.begin())].Add();
    sum_.fetch_add(value, std::memory_order_relaxed);
  }
  // In seconds; a clock that stepped back gives zero.
  void Observe(absl::Duration duration) {
    Observe(absl::ToDoubleSeconds(std::max(duration, absl::ZeroDuration())));
  }

  HistogramReading Read() const {
    HistogramReading reading;
    reading.upper_bounds = upper_bounds_;
    for (size_t i = 0; i < upper_bounds_.size(); ++i) {
      reading.count += counts_[i].value();
      reading.up_to_bound.push_back(reading.count);
    }
    reading.count += counts_.back().value();
    reading.sum = sum_.load(std::memory_order_relaxed);
    return reading;
  }

 private:
  const std::vector<double> upper_bounds_;
  std::vector<Counter> counts_;  // one more than bounds
  std::atomic<double> sum_ = 0;
};

// Bounds for what takes from a millisecond to `longest` seconds.
inline std::vector<double> SecondsUpTo(double longest) {
  std::vector<double> bounds;
  for (const double bound :
       {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0}) {
    if (bound <= longest) bounds.push_back(bound);
  }
  return bounds;
}

}  // namespace donut
