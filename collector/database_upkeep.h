// The collector's part in each round of the database watch: reads the hash key once it can,
// about hourly makes the partitions of the months ahead and deletes what is too old: a bounded number
// of rows per round, going on in the next rounds while there is more; and makes statistics of all events when
// their number has changed much. Called by the watching thread only.
#pragma once

#include <pqxx/pqxx>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "collector/shared_hash.h"
#include "common/clock.h"

namespace donut::collector {

class DatabaseUpkeep {
 public:
  DatabaseUpkeep(SharedHash* hash, const Clock* clock, absl::Duration period)
      : hash_(hash), clock_(clock), period_(period) {}

  // An error keeps the collector from serving: no hash key, one that does not fit its canary, or no
  // partitions yet. Other failures of the hourly work are logged and tried again a minute later.
  absl::Status Check(pqxx::connection& connection);

 private:
  absl::Status DoHourlyWork(pqxx::connection& connection, absl::Time now);
  void MakeStatistics(pqxx::connection& connection, absl::Time now);
  absl::Status ExtendPartitions(pqxx::connection& connection);
  void ExpireLedger(pqxx::connection& connection, absl::Time now);

  SharedHash* const hash_;
  const Clock* const clock_;
  const absl::Duration period_;
  std::optional<absl::Time> last_done_;
  std::optional<absl::Time> last_tried_;
  std::optional<absl::Time> statistics_asked_;
  absl::Duration statistics_period_;  // from then until it is asked again
  bool has_partitions_ = false;
  bool has_more_to_expire_ = false;
};

}  // namespace donut::collector
