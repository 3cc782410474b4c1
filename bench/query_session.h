// A connection like the query service's, which asks the questions of query_questions.h and takes the time.
// Not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <pqxx/pqxx>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/query_questions.h"
#include "bench/throwaway_cluster.h"

namespace donut::bench {

struct TimedAnswer {
  // From BEGIN to the answer to COMMIT, by the clock.
  absl::Duration elapsed;
  // User and system time of all of PostgreSQL meanwhile, in ticks of 10 ms: the same on a busy machine.
  absl::Duration cpu;
  QueryAnswer answer;
};

class QuerySession {
 public:
  // For questions about [start, end), seen from `now`.
  // Of the database that collectors fill. The cluster is the caller's and must outlive the session.
  QuerySession(ThrowawayCluster& cluster, absl::Time start, absl::Time end, absl::Time now);

  // DEADLINE_EXCEEDED: a statement took longer than kLongestStatement.
  absl::StatusOr<TimedAnswer> Ask(const QueryQuestion& question);
  absl::StatusOr<TimedAnswer> Ask(const TextbookAnswer& textbook);

  // EXPLAIN (ANALYZE, BUFFERS) of every statement that was run since the last call. The first call turns it
  // on, from when on everything takes longer.
  std::string TakePlans();

  static constexpr absl::Duration kLongestStatement = absl::Minutes(5);

 private:
  absl::StatusOr<TimedAnswer> Run(
      const std::function<absl::StatusOr<QueryAnswer>(pqxx::transaction_base&)>& body);
  void Connect(bool with_plans);

  ThrowawayCluster& cluster_;
  const absl::Time start_;
  const absl::Time end_;
  const query::QueryContext context_;
  std::unique_ptr<pqxx::connection> connection_;
  std::unique_ptr<pqxx::errorhandler> notices_handler_;
  std::string notices_;
};

}  // namespace donut::bench
