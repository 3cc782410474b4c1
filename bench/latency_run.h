// How long an event takes from Track to acknowledged, while events come at a given rate whether or not the
// system keeps up (open loop): one stream, known users. An event's time starts when the schedule wants it
// tracked, so a delay of the load itself counts too; how large that is is printed. Not thread-safe.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "bench/event_source.h"

namespace donut::bench {

struct LatencyOptions {
  std::string collector_address;
  absl::Duration linger = absl::Milliseconds(2);
  // Of the measurement at one rate.
  absl::Duration duration = absl::Seconds(8);
};

class LatencyRun {
 public:
  // `known` are events of users that the collector has met.
  LatencyRun(LatencyOptions options, const EventSource* known);

  // Measures at `share` of `events_per_second` and prints under names with that share in percent.
  void Run(double events_per_second, double share);

 private:
  const LatencyOptions options_;
  const EventSource* const known_;
};

}  // namespace donut::bench
