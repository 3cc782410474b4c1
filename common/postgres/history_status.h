// What `donut history` needs of the database, as its owner: how far histories are packed, and marking
// partitions so that the compactor makes their histories anew. No state.
#pragma once

#include <cstdint>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace donut::postgres {

struct PartitionHistory {
  std::string partition;
  // packed; else SQL answers: sql (marked), replaced (another table stands there now), new, gone.
  std::string state;
  int64_t events = 0;  // in blocks
  int64_t blocks = 0;
  int64_t most_slices = 0;  // of one project's month
  int64_t bytes = 0;
  int64_t fresh_rows = 0;
  int64_t fresh_events = 0;
};

struct HistoryStatus {
  // Every partition, by name.
  std::vector<PartitionHistory> partitions;
  // Whether a compactor is at work on the database.
  bool has_compactor = false;
};

absl::StatusOr<HistoryStatus> ReadHistoryStatus(pqxx::connection& connection);

// Marks partitions: the one named, or `all`, or, where neither is asked for, none. Returns those that SQL
// answers for now. NOT_FOUND: there is no partition of that name.
absl::StatusOr<std::vector<std::string>> MarkForRebuild(pqxx::connection& connection,
                                                        const std::string& partition, bool all);

// Counts each packed partition's events in one snapshot, in the table and in the histories, and marks those
// that differ. Returns these.
absl::StatusOr<std::vector<std::string>> MarkDiffering(pqxx::connection& connection);

}  // namespace donut::postgres
