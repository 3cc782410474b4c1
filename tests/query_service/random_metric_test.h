// Asks metrics about many histories in one database, which stays small all the same.
// For tests. Not thread-safe.
#pragma once

#include "tests/query_service/metric_test.h"
#include "tests/reference/random_comparison.h"

namespace donut::testing {

class RandomMetricTest : public MetricTest {
 protected:
  template <typename Request, typename Response>
  absl::StatusOr<Response> AskTrial(absl::StatusOr<Response> (*metric)(const Request&,
                                                                       const query::QueryContext&,
                                                                       pqxx::transaction_base&),
                                    const RandomTrial<Request>& trial) {
    if (++loaded_ % kHistoriesBetweenEmptying == 0) {
      pqxx::work transaction(database().owner());
      transaction.exec("TRUNCATE analytics_events, users, event_names");
      transaction.commit();
    }
    Load(trial.history, trial.time_zone);
    return Ask(metric, trial.request);
  }

 private:
  static constexpr int kHistoriesBetweenEmptying = 300;
  int loaded_ = 0;
};

}  // namespace donut::testing
