// Feature usage over histories: uses and distinct actors of each feature, by the number of its text. The same
// numbers as feature_usage.sql. A plain class: no threads, no database, no messages. Not thread-safe; one per
// thread, merged at the end.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "query_service/events/event_question.h"

namespace donut::query {

class FeatureUsageFold {
 public:
  struct Feature {
    int64_t uses = 0;
    int64_t actors = 0;
    int64_t first_use_us = std::numeric_limits<int64_t>::max();
    int64_t last_use_us = std::numeric_limits<int64_t>::min();
    // The last actor that used it, as the fold numbers them: so that each counts once.
    int64_t last_actor = 0;
  };

  // An event is a use when bit 0 of its mask is set and it has a value (values[0]): the feature.
  void Add(const ActorEvents& actor);
  void Merge(const FeatureUsageFold& other);

  int64_t active() const { return active_; }
  // By number; that of 0, and those without uses, are no features.
  const std::vector<Feature>& features() const { return features_; }

 private:
  // Actors so far; the last one's number.
  int64_t active_ = 0;
  std::vector<Feature> features_ = std::vector<Feature>(1);
};

}  // namespace donut::query
