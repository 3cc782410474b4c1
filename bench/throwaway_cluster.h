// A PostgreSQL for benchmarks: as durable as the one that ./run makes, in a folder of its own on
// disk, with a database that the collector fills and a second one, migrated identically, for raw COPY. Gone
// at the end of the program, however it ends. One per program. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <string>

#include "absl/time/time.h"
#include "tests/support/test_database.h"

namespace donut::bench {

// Lines of postgresql.conf: those that ./run writes for its private cluster. What is not here is as
// PostgreSQL has it: fsync, synchronous_commit and full_page_writes are on.
extern const char kDurableSettings[];

class ThrowawayCluster {
 public:
  ThrowawayCluster();

  testing::TestDatabase& collected() { return collected_; }
  testing::TestDatabase& copied() { return copied_; }

  // For sockets and logs; removed at the end.
  const std::string& folder() const { return folder_; }

  // User and system time of all its processes, those that have ended included.
  absl::Duration CpuTime() const;

  // Deletes all events of one of the databases and writes out what is dirty, so that one measurement
  // does not pay for the one before.
  static void Clear(testing::TestDatabase& database);

 private:
  std::string folder_;
  testing::TestDatabase collected_;
  testing::TestDatabase copied_;
  pid_t postmaster_ = 0;
};

}  // namespace donut::bench
