// The actors behind a cell of retention, over histories: those of the cohort that came back in time, or that
// did not. The same actors as retention_actors.sql finds. A plain class: no threads, no database, no
// messages. Not thread-safe; one per thread, merged at the end.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "query_service/events/event_question.h"

namespace donut::query {

// Bit 0 of an event's mask: a start event; bit 1: a return event. Microseconds; ends are exclusive.
struct RetentionCellFrame {
  // Of a member's start event: the first one that there is.
  int64_t start_from_us = 0;
  int64_t start_to_us = 0;
  // Of the return events that count. `since` and `until`: after the actor's own start.
  int64_t return_from_us = 0;
  int64_t return_to_us = 0;
  int64_t since_us = 0;
  int64_t until_us = std::numeric_limits<int64_t>::max();
  // Nothing: the whole cohort; else whether they are retained.
  std::optional<bool> is_retained;
};

class RetentionActorsFold {
 public:
  struct Member {
    int64_t user_id = 0;
    int64_t start_us = 0;
    // Nothing: not retained.
    std::optional<int64_t> return_us;
  };

  explicit RetentionActorsFold(const RetentionCellFrame& frame) : frame_(frame) {}

  void Add(const ActorEvents& actor);
  void Merge(const RetentionActorsFold& other);

  // In no order.
  const std::vector<Member>& members() const { return members_; }

 private:
  RetentionCellFrame frame_;
  std::vector<Member> members_;
};

}  // namespace donut::query
