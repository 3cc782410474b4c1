// A funnel walk in words: a sentence for each event and one for the whole, with steps by their labels and
// times in the scope's time zone. No state but what it was made with; thread-safe.
#pragma once

#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "query_service/metrics/funnel/funnel_question.h"
#include "query_service/metrics/funnel/funnel_walk.h"

namespace donut::query {

// Points to both.
class FunnelExplanation {
 public:
  FunnelExplanation(const FunnelQuestion& question, const FunnelWalk& walk)
      : question_(question), walk_(walk) {}

  std::string Of(size_t place) const;
  std::string Summary() const;

 private:
  // "step 2, signup"; UNORDERED: "the 2nd step", whichever it was.
  std::string Step(int step) const;
  std::string Time(absl::Time time) const;
  std::string TimeOf(int place) const { return Time(walk_.events[place].time); }
  std::string Attempt(const FunnelEventVerdict& verdict) const;
  std::string ExclusionSteps(size_t place) const;
  std::string OutOfOrder(const FunnelEventVerdict& verdict) const;
  std::string HeldKeysMissing(const FunnelWalkEvent& event) const;
  std::string WhatStopped() const;
  std::string WhyNotEntered() const;

  const FunnelQuestion& question_;
  const FunnelWalk& walk_;
};

// The two largest units: "2h 5m", "3d", "1m 0.5s", "1us".
std::string DurationText(absl::Duration duration);

}  // namespace donut::query
