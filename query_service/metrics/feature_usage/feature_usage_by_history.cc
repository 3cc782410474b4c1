#include "query_service/metrics/feature_usage/feature_usage_by_history.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "common/status_macros.h"
#include "query_service/metrics/feature_usage/feature_usage_fold.h"

namespace donut::query {
namespace {

EventQuestion FeatureEventsOf(const FeatureUsageQuestion& question) {
  EventQuestion events;
  events.project_id = question.scope.project_id;
  events.from_us = absl::ToUnixMicros(question.scope.start);
  events.to_us = absl::ToUnixMicros(question.scope.interval_seen_end());
  events.filter = question.scope.filter;
  events.predicates = {{question.names, {}}};
  // Whoever has other events alone is active, too.
  events.keep_all = true;
  events.by_session = question.actor == v1::ACTOR_SESSION;
  EventBreakdown feature;
  if (question.property.empty()) {
    feature.proto.set_event_name(true);
  } else {
    feature.proto.set_event_property(question.property);
  }
  events.values = {feature};
  return events;
}

// A feature in the order of the pages.
struct RankedFeature {
  const FeatureUsageFold::Feature* counts = nullptr;
  std::string_view text;

  friend bool operator<(const RankedFeature& a, const RankedFeature& b) {
    if (a.counts->actors != b.counts->actors) return a.counts->actors > b.counts->actors;
    if (a.counts->uses != b.counts->uses) return a.counts->uses > b.counts->uses;
    return a.text < b.text;
  }
};

}  // namespace

absl::StatusOr<FeatureUsageCounts> FeatureUsageByHistory(const FeatureUsageQuestion& question,
                                                         HistoryRun& run) {
  ASSIGN_OR_RETURN(const std::unique_ptr<ActorScan> scan, run.Open(FeatureEventsOf(question)));
  ASSIGN_OR_RETURN(const FeatureUsageFold fold, FoldActors(*scan, FeatureUsageFold()));
  std::vector<RankedFeature> ranked;
  for (uint32_t number = 1; number < fold.features().size(); ++number) {
    const FeatureUsageFold::Feature& feature = fold.features()[number];
    if (feature.uses > 0) ranked.push_back({&feature, scan->value_names(0).At(number)});
  }
  FeatureUsageCounts counts;
  counts.active = fold.active();
  counts.features = static_cast<int64_t>(ranked.size());
  const int64_t begin = std::min(question.passed, counts.features);
  const int64_t end = begin + std::min(question.page_size, counts.features - begin);
  std::partial_sort(ranked.begin(), ranked.begin() + end, ranked.end());
  for (int64_t i = begin; i < end; ++i) {
    const RankedFeature& feature = ranked[static_cast<size_t>(i)];
    counts.page.push_back({std::string(feature.text), feature.counts->uses, feature.counts->actors,
                           feature.counts->first_use_us, feature.counts->last_use_us});
  }
  return counts;
}

}  // namespace donut::query
