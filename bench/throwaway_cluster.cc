#include "bench/throwaway_cluster.h"

#include <cstdlib>

#include "bench/figures.h"
#include "bench/process_usage.h"

namespace donut::bench {

const char kDurableSettings[] = R"(
max_connections = 100
shared_buffers = 256MB
work_mem = 32MB
maintenance_work_mem = 128MB
max_wal_size = 4GB
checkpoint_timeout = 15min
wal_compression = lz4
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%a '
# Else it quotes rows that it refuses.
log_error_verbosity = terse
)";

namespace {

// Of all partitions only those that have rows: each costs some files and their fsync.
constexpr char kTruncateEvents[] = R"(
DO $$
DECLARE
  partition regclass;
BEGIN
  FOR partition IN SELECT inhrelid FROM pg_inherits
                   WHERE inhparent = 'analytics_events'::regclass AND pg_relation_size(inhrelid) > 0 LOOP
    EXECUTE format('TRUNCATE %s', partition);
  END LOOP;
  TRUNCATE history_fresh;
END
$$)";

// Started before the databases are made in it. /var/tmp lies on disk where /tmp may be memory.
std::string StartCluster() {
  return testing::TestCluster::StartWith({.parent_folder = "/var/tmp",
                                          .configuration = kDurableSettings,
                                          .initdb_options = {"--locale=C.UTF-8", "--data-checksums"}})
      .socket_folder();
}

}  // namespace

ThrowawayCluster::ThrowawayCluster() : folder_(StartCluster()) {
  const std::string backend = collected_.Query("SELECT pg_backend_pid()");
  postmaster_ = ParentOf(static_cast<pid_t>(std::atoi(backend.c_str())));
  Clear(collected_);
  for (const std::string setting : {"fsync", "synchronous_commit", "full_page_writes"}) {
    if (collected_.Query("SHOW " + setting) != "on") Fail(setting + " is off: the figures would say nothing");
  }
}

absl::Duration ThrowawayCluster::CpuTime() const { return CpuTimeOfFamily(postmaster_); }

void ThrowawayCluster::Clear(testing::TestDatabase& database) {
  database.Query(kTruncateEvents);
  database.Query("CHECKPOINT");
}

}  // namespace donut::bench
