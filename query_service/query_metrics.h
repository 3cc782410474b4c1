// What the query service counts, and under which names it is shown: per call and per statement.
// docs/prometheus.md tells what each one means. Thread-safe.
#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "common/metric_page.h"
#include "common/metric_values.h"
#include "query_service/events/history_store.h"

namespace donut::query {

// How the database failed a transaction.
enum class DatabaseError {
  kOther,     // the schema, the rights, a bug
  kAway,      // it does not answer, or has no connection left
  kConflict,  // lost against another transaction
  kTimeout,   // its time was over; not: cancelled because the caller is gone
};
inline constexpr int kDatabaseErrors = 4;

class QueryMetrics {
 public:
  struct Rpc {
    CountersByCode codes;
    Histogram duration{SecondsUpTo(30)};
  };

  // Knows every RPC of QueryService, so that the values of the label are bounded.
  QueryMetrics();

  // By the name of its request, such as "GetFunnelRequest".
  Rpc& OfRequest(const std::string& request_name);
  void Count(DatabaseError error) { database_errors.Add(static_cast<int>(error)); }

  Gauge running;  // calls
  Gauge waiting;  // of them, those that wait for a connection
  Gauge connections_in_use;
  Counter shed;  // waited in vain for a connection
  Counter statements_cancelled;
  CountersByNumber<kDatabaseErrors> database_errors;

  // `connections`: how many there may be.
  void AddTo(MetricPage& page, int connections) const;

 private:
  std::map<std::string, Rpc> rpcs_;  // by its name, such as "GetFunnel"; not changed any more
};

// What is known of the histories that the service reads.
void AddHistoryMetrics(HistoryStore& store, MetricPage& page);

}  // namespace donut::query
