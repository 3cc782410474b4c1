// The rows of a funnel's breakdown over histories: the values with the most actors, then those of other,
// none and not reached. Immutable, so thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "common/proto_alias.h"
#include "query_service/events/top_values.h"
#include "query_service/metrics/funnel/funnel_fold.h"

namespace donut::query {

class FunnelRows {
 public:
  // `names`: of the values of the fold's actors.
  FunnelRows(const FunnelFold& fold, const ValueNames& names, int limit)
      : top_(ActorsByValue(fold, names), names, limit), limit_(limit) {}

  int size() const { return limit_ + 3; }
  int other() const { return limit_; }
  int RowOf(uint32_t value) const {
    return value == FunnelFold::kNotReached ? limit_ + 2 : top_.row_of_value[value];
  }
  v1::BreakdownValue ValueOf(int row) const {
    v1::BreakdownValue value;
    if (row != limit_ + 2) return ValueOfRow(top_, row, limit_);
    value.set_not_reached(true);
    return value;
  }
  int64_t value_count() const { return top_.value_count; }

 private:
  static std::vector<int64_t> ActorsByValue(const FunnelFold& fold, const ValueNames& names) {
    std::vector<int64_t> actors(names.size() + 1);
    for (const FunnelFold::Actor& actor : fold.actors()) {
      if (actor.value != FunnelFold::kNotReached) ++actors[actor.value];
    }
    return actors;
  }

  const TopValues top_;
  const int limit_;
};

}  // namespace donut::query
