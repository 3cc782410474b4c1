// A fresh row: the events of one group of the collector that are of one project and month, packed, in the
// order of their arrival, all columns in one body of history_fresh. BlockBuilder::FinishFresh writes it.
// docs/histories.md specifies it. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "history/block.h"

namespace donut::history {

// Many times what a group of the collector has; more are refused when read.
inline constexpr size_t kMaxFreshEvents = 1 << 20;

// As a block with all its columns, sorted by user and event order. DATA_LOSS says what is wrong.
absl::StatusOr<Block> DecodeFresh(std::string_view body, int month);

// For BlockBuilder. Columns by number, as block.h numbers them, but that kUsers has a value for each event:
// the place of its user in `numbers`, which need not ascend. `keys`: the properties that have a column, in
// order.
std::string EncodeFresh(size_t event_count, const std::vector<std::string>& keys,
                        const std::vector<std::pair<int, Column>>& columns);

}  // namespace donut::history
