// Whether histories hold as many events as the table: what was put into a partition past its parent, or
// changed while it was detached, no trigger notices. A partition that differs is marked, and so rebuilt.
// Counts only: an event that was replaced by another one is not found. No state.
#pragma once

#include <functional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace donut::compactor {

struct AuditReport {
  int partitions = 0;  // that were counted
  std::vector<std::string> differing;
};

// Counts each partition that histories answer for, in a snapshot of its own. CANCELLED: `is_stopping`.
absl::StatusOr<AuditReport> AuditPartitions(pqxx::connection_base& connection,
                                            const std::function<bool()>& is_stopping = {});

}  // namespace donut::compactor
