// What the compactor does, as functions on a connection that keep nothing outside the database: any number of
// them may run at once, on any number of machines, and be killed at any moment. compactor_loop.h calls
// CompactOnce again and again; tests and others call what they need.
//
// Exact (docs/histories.md): every step replaces rows by others that hold the same events in one transaction
// (rewriting.h), so in every snapshot the events are those of the blocks and the fresh rows.
// Memory: a packing holds at most 512 Ki events of fresh rows, decoded (pack.cc), a merging 128 MiB of
// decoded blocks (merge_slices.h), a rebuild 2,000 rows of the table; and a block that is being made, at most
// 32 MiB and as much again for its bodies. One of them at a time: less than 256 MiB in all.
#pragma once

#include <functional>
#include <pqxx/pqxx>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "compactor/compaction_plan.h"
#include "compactor/history_rows.h"
#include "compactor/rebuild.h"

namespace donut::compactor {

struct CompactOptions {
  PlanOptions plan;
  // Whether partitions that histories do not answer for are rebuilt.
  bool rebuild = true;
  // Whether all months are looked at for slices to merge, not only those that were packed just now: some
  // milliseconds for each thousand blocks.
  bool all_months = true;
  // Asked between steps and within long ones.
  std::function<bool()> is_stopping = {};
  // While a partition is rebuilt.
  std::function<void(const std::string& partition, int64_t events)> on_rebuild_progress = {};
};

// What was done, and what could not be.
struct CompactReport {
  int64_t packs = 0;
  int64_t rows_packed = 0;
  int64_t merges = 0;
  int64_t rebuilds = 0;
  int64_t forgotten = 0;  // partitions that are gone
  Written packed;
  Written merged;
  Written rebuilt;

  // What waited in fresh rows before.
  int64_t waiting_rows = 0;
  int64_t waiting_events = 0;
  absl::Duration oldest_age;
  // Partitions that SQL answers for, before.
  int64_t partitions_by_sql = 0;

  // Steps that lost against another compactor, or waited too long for a lock.
  int64_t conflicts = 0;
  // The first other failure of a step; the steps after it were tried all the same, unless the connection is
  // gone.
  absl::Status failure;
  absl::Status rebuild_failure;

  // Whether something was done that may have made more to do.
  bool DidSomething() const { return packs + merges + rebuilds + forgotten > 0; }
};

// One round: at most one rebuild, and one packing and one merging of each project's month that is due. `now`
// decides which months are over. An error: the database could not be asked at all.
absl::StatusOr<CompactReport> CompactOnce(pqxx::connection_base& connection, absl::Time now,
                                          const CompactOptions& options);

// Rebuilds and packs until every partition is answered for by histories and no fresh row is left, whatever
// the plan says. For tests, and for who cannot wait. The first failure ends it.
absl::Status PackAll(pqxx::connection_base& connection);

}  // namespace donut::compactor
