// Feature usage by its definition. For tests. No state.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/reference/history.h"

namespace donut::testing {

struct FeatureUsageQuestion {
  absl::Time start;
  absl::Time end;
  absl::Time as_of;
  bool by_session = false;
  // Empty: the event names are the features.
  std::string property;
  // None: any event.
  std::vector<std::string> names;
};

struct FeatureUsageRow {
  std::string feature;
  int64_t uses = 0;
  int64_t actors = 0;
  absl::Time first;
  absl::Time last;
};

struct FeatureUsageByDefinitionResult {
  int64_t active = 0;
  // All, in the order of the answer.
  std::vector<FeatureUsageRow> rows;
};

FeatureUsageByDefinitionResult FeatureUsageByDefinition(const History& history,
                                                        const FeatureUsageQuestion& question);

}  // namespace donut::testing
