// What feature usage asks, checked and with its defaults, and what is counted for it: what the statement and
// the fold have in common. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "query_service/query_scope.h"

namespace donut::query {

struct FeatureUsageQuestion {
  QueryScope scope;
  // Its values are the features. Empty: the events' names are.
  std::string property;
  // Of the events that count as uses. None: any.
  std::vector<std::string> names;
  v1::Actor actor = v1::ACTOR_USER;
  // The page: so many features after so many others.
  int64_t page_size = 0;
  int64_t passed = 0;
};

struct FeatureCount {
  std::string feature;
  int64_t uses = 0;
  int64_t actors = 0;
  // Microseconds since 1970.
  int64_t first_use_us = 0;
  int64_t last_use_us = 0;
};

struct FeatureUsageCounts {
  // Actors with any event that passes the filter, a use or not.
  int64_t active = 0;
  // Of all pages.
  int64_t features = 0;
  // In order: by actors and uses, the most first, then by the bytes of the feature.
  std::vector<FeatureCount> page;
};

}  // namespace donut::query
