// A fresh row: the events of one group of the collector that are of one project and month, packed, in the
// order of their arrival, all columns in one body of history_fresh. BlockBuilder::FinishFresh writes it.
// docs/histories.md specifies it. Pure functions.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "history/block.h"

namespace donut::history {

// As a block with all its columns, sorted by user and event order. DATA_LOSS says what is wrong.
absl::StatusOr<Block> DecodeFresh(std::string_view body, int month);

}  // namespace donut::history
