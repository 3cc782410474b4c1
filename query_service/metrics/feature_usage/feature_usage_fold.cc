#include "query_service/metrics/feature_usage/feature_usage_fold.h"

#include <algorithm>

namespace donut::query {

void FeatureUsageFold::Add(const ActorEvents& actor) {
  ++active_;
  const uint32_t* const values = actor.values[0];
  for (uint32_t i = 0; i < actor.count; ++i) {
    // What is no use counts for number 0, which nobody reads.
    const uint32_t number = (actor.mask[i] & 1) != 0 ? values[i] : 0;
    if (number >= features_.size()) features_.resize(std::max<size_t>(number + 1, 2 * features_.size()));
    Feature& feature = features_[number];
    const int64_t time_us = actor.time_us[i];
    ++feature.uses;
    feature.actors += feature.last_actor != active_ ? 1 : 0;
    feature.last_actor = active_;
    feature.first_use_us = std::min(feature.first_use_us, time_us);
    feature.last_use_us = std::max(feature.last_use_us, time_us);
  }
}

void FeatureUsageFold::Merge(const FeatureUsageFold& other) {
  active_ += other.active_;
  features_.resize(std::max(features_.size(), other.features_.size()));
  for (size_t i = 0; i < other.features_.size(); ++i) {
    const Feature& from = other.features_[i];
    Feature& to = features_[i];
    to.uses += from.uses;
    to.actors += from.actors;
    to.first_use_us = std::min(to.first_use_us, from.first_use_us);
    to.last_use_us = std::max(to.last_use_us, from.last_use_us);
  }
}

}  // namespace donut::query
