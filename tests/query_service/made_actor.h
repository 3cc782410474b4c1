// The events of an actor, made by hand, for the tests of folds. Not thread-safe.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "query_service/events/event_question.h"

namespace donut::testing {

struct MadeEvent {
  int64_t time_us = 0;
  uint32_t mask = 1;
  // Their numbers, as many for each event of an actor.
  std::vector<uint32_t> values = {};
};

class MadeActor {
 public:
  explicit MadeActor(const std::vector<MadeEvent>& events, int64_t user_id = 1) : user_id_(user_id) {
    for (const MadeEvent& event : events) {
      times_.push_back(event.time_us);
      masks_.push_back(event.mask);
      values_.resize(event.values.size());
      for (size_t i = 0; i < event.values.size(); ++i) values_[i].push_back(event.values[i]);
    }
  }

  // Points into this.
  query::ActorEvents events() const {
    query::ActorEvents actor;
    actor.user_id = user_id_;
    actor.count = static_cast<uint32_t>(times_.size());
    actor.time_us = times_.data();
    actor.mask = masks_.data();
    for (const std::vector<uint32_t>& values : values_) actor.values.push_back(values.data());
    return actor;
  }

 private:
  int64_t user_id_;
  std::vector<int64_t> times_;
  std::vector<uint32_t> masks_;
  std::vector<std::vector<uint32_t>> values_;
};

}  // namespace donut::testing
