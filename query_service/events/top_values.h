// Which values of a breakdown have a row of their own: those with the most actors, of equals the first by its
// bytes. The rows after them are `other` and `none`. No state.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/proto_alias.h"
#include "donut/analytics/v1/breakdown.pb.h"
#include "query_service/events/value_names.h"

namespace donut::query {

struct TopValues {
  // Of the rows, in order: at most `limit`.
  std::vector<std::string> texts;
  // By the number of a value, from 0 ("none"): its row, counted from 0; `limit` is other, `limit` + 1 none.
  std::vector<int> row_of_value;
  // Values that anybody has.
  int64_t value_count = 0;

  // `actors`: by number. Values without an actor are other ones.
  TopValues(const std::vector<int64_t>& actors, const ValueNames& names, int limit);
};

// What a row is of.
v1::BreakdownValue ValueOfRow(const TopValues& top, int row, int limit);

}  // namespace donut::query
