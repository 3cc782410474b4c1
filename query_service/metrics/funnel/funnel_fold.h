// A funnel over histories: of each actor that entered, its level and timed attempt, the value of the
// breakdown, and the funnel over time. A plain class: no threads, no database, no messages. Not thread-safe;
// one per thread, merged at the end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "query_service/events/event_question.h"
#include "query_service/metrics/funnel/funnel_question.h"
#include "query_service/metrics/funnel/funnel_series.h"
#include "query_service/metrics/funnel/funnel_trace.h"

namespace donut::query {

class FunnelFold {
 public:
  // The value of an actor that has not got to the step whose value it would be.
  static constexpr uint32_t kNotReached = ~uint32_t{0};

  struct Actor {
    int64_t user_id = 0;
    // 0 where actors are users.
    int64_t session_id = 0;
    // The number of its value, from 1; 0 none, and without a breakdown.
    uint32_t value = 0;
    // From 1.
    int level = 0;
    bool is_open = false;
  };

  // Of the answer to FunnelEventQuestion(question).
  explicit FunnelFold(std::shared_ptr<const FunnelQuestion> question);
  ~FunnelFold();
  FunnelFold(const FunnelFold& other);
  FunnelFold(FunnelFold&&) noexcept;

  void Add(const ActorEvents& actor);
  void Merge(const FunnelFold& other);

  // Those that entered, in no order.
  const std::vector<Actor>& actors() const;
  // The times of their attempts, one after the other: as many as each one's level.
  const std::vector<int64_t>& times_us() const;
  // One for each of the series' buckets; empty without a series.
  std::vector<FunnelBucketCount> buckets() const;

 private:
  struct State;

  uint32_t ValueOf(const ActorEvents& actor) const;
  uint32_t TouchedValue(const ActorEvents& actor) const;

  std::shared_ptr<const FunnelQuestion> question_;
  std::shared_ptr<const FunnelPlan> plan_;
  // Apart, so that the threads' folds share no line of a cache.
  std::unique_ptr<State> state_;
};

}  // namespace donut::query
