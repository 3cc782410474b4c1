// Fresh rows to blocks: the oldest fresh rows of one project's month, as many as a transaction takes, become
// a slice of level 0. No state.
//
// Up to 4 Mi events become one slice, because each slice is merged, and so written, some more times. Sorted
// in runs, as files are: the fresh rows that fit into 64 MiB become sorted blocks, kept encoded in memory,
// and those are merged by ranges of users.
//
// Memory: 64 MiB of decoded fresh rows, at most some 48 MiB of encoded blocks, then instead of the rows 96
// MiB of decoded blocks; and one block that is being made.
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
