// A funnel over time, of one actor after the other: in which buckets it entered, and whether from any entry
// of a bucket it got to the two steps that are asked about. The same numbers as funnel_series_*.sql. Not
// thread-safe; one per thread, merged at the end.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "query_service/events/bucket_index.h"
#include "query_service/metrics/funnel/funnel_counts.h"
#include "query_service/metrics/funnel/funnel_events.h"

namespace donut::query {

class FunnelSeries {
 public:
  // `plan` must outlive this.
  FunnelSeries(const FunnelPlan& plan, const FunnelSeriesQuestion& series, absl::Time scope_start);

  // `entry_levels`: UNORDERED: of each entry, by event.
  void Add(const FunnelEvents& events, const std::vector<int>& entry_levels);
  void Merge(const FunnelSeries& other);

  const std::vector<FunnelBucketCount>& buckets() const { return buckets_; }

 private:
  static constexpr size_t kSteps = kMaxFunnelSteps + 2;

  // What became of an actor's entries in a bucket.
  struct Entered {
    int bucket = 0;
    bool reaches_from = false;
    bool reaches_to = false;
  };

  void AddOrdered(const FunnelEvents& events, uint32_t begin, uint32_t end);
  void Step(const FunnelEvents& events, uint32_t event);
  void Exclude(const FunnelEvents& events, uint32_t begin, uint32_t end);
  void AddStrict(const FunnelEvents& events);
  void Enter(int64_t time_us, bool reaches_from, bool reaches_to);
  void CountEntered();

  const FunnelPlan& plan_;
  int from_step_;
  int to_step_;
  std::shared_ptr<const BucketIndex> starts_;
  std::vector<FunnelBucketCount> buckets_;
  // Of the actor that is looked at.
  std::vector<Entered> entered_;
  // By step: the earliest time at which from_step and to_step are reached from an event of this step on.
  std::array<int64_t, kSteps> from_us_ = {};
  std::array<int64_t, kSteps> to_us_ = {};
};

}  // namespace donut::query
