// The number of events over histories. The same number as summary.sql. A plain class: no threads, no
// database, no messages. Not thread-safe; one per thread, merged at the end.
#pragma once

#include <cstdint>

#include "query_service/events/event_question.h"

namespace donut::query {

class SummaryFold {
 public:
  void Add(const ActorEvents& actor) { event_count_ += actor.count; }
  void Merge(const SummaryFold& other) { event_count_ += other.event_count_; }

  int64_t event_count() const { return event_count_; }

 private:
  int64_t event_count_ = 0;
};

}  // namespace donut::query
