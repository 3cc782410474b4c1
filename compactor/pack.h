// Fresh rows to blocks: the oldest fresh rows of one project's month, as many as a transaction takes, become
// a slice of level 0. No state.
//
// Memory: the rows of one transaction, decoded, and one block that is being made; see kMaxPackEvents and
// kMaxPackBodyBytes in the .cc file.
#pragma once

#include <pqxx/pqxx>

#include "absl/status/statusor.h"
#include "compactor/history_rows.h"

namespace donut::compactor {

// What became of the fresh rows; `rows` 0: there were none that nobody else was packing.
struct Packed {
  int64_t rows = 0;
  Written written;
};

// ABORTED: another compactor was faster; later again. DATA_LOSS: a row is damaged; the month is marked, so it
// will be rebuilt.
absl::StatusOr<Packed> PackFresh(pqxx::connection_base& connection, int project_id, int month);

}  // namespace donut::compactor
