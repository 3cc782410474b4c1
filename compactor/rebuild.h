// Makes the histories of a partition anew out of the table: after an upgrade, after somebody changed events
// by hand, after damage, after a restore. One snapshot, under the lock that keeps other rewriters away;
// collectors go on, and what they store meanwhile is in neither the snapshot's events nor its fresh rows. And
// forgets those of partitions that are gone. No state.
//
// Memory: kFetchRows rows of the table and one block that is being made.
#pragma once

#include <functional>
#include <pqxx/pqxx>
#include <string>

#include "absl/status/statusor.h"
#include "compactor/history_rows.h"

namespace donut::compactor {

struct RebuildHooks {
  // After every some ten thousand events, with their number so far.
  std::function<void(int64_t events)> on_progress = {};
  // Asked as often; then CANCELLED, and nothing has happened.
  std::function<bool()> is_stopping = {};
};

// NOT_FOUND: analytics_events has no such partition (any more). ABORTED: something was in the way, such as a
// DELETE that is still going on; later again.
absl::StatusOr<Written> RebuildPartition(pqxx::connection_base& connection, const std::string& partition,
                                         const RebuildHooks& hooks = {});

// Deletes the histories of a partition that analytics_events has no more. Does nothing while it has it.
absl::Status ForgetPartition(pqxx::connection_base& connection, const std::string& partition);

}  // namespace donut::compactor
