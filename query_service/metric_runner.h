// What every RPC of the query service does alike: finds the caller's project,
// takes a connection, runs the metric in one read-only transaction within the
// caller's deadline, and turns the outcome into a status. Thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/postgres/connection_pool.h"
#include "common/postgres/project_directory.h"
#include "grpcpp/grpcpp.h"
#include "query_service/engine.h"
#include "query_service/query_metrics.h"
#include "query_service/query_scope.h"
#include "query_service/statement_watch.h"
#include "query_service/verification.h"

namespace donut::query {

struct MetricRunnerOptions {
  // The longest that a call may take; a caller's earlier deadline counts.
  absl::Duration longest = absl::Seconds(30);
  // How long a call waits for one of the pool's connections before RESOURCE_EXHAUSTED. Waiting costs nothing
  // but one of the server's threads; calls beyond those are refused at once.
  absl::Duration longest_wait_for_connection = absl::Seconds(10);
  // How often a call is tried anew when its pooled connection turns out to be dead,
  // as all of them are after a restart of the database.
  int most_dead_connections = 32;
};

class MetricRunner {
 public:
  // All are the caller's and must outlive the runner. `histories`: null: SQL alone answers. `verification`:
  // null: no answer is held against SQL.
  MetricRunner(const postgres::ProjectDirectory* directory, postgres::ConnectionPool* pool,
               const Clock* clock, MetricRunnerOptions options = {}, HistoryStore* histories = nullptr,
               Verification* verification = nullptr)
      : directory_(directory),
        pool_(pool),
        clock_(clock),
        options_(options),
        histories_(histories),
        verification_(verification) {}

  // A metric validates, binds and folds: it knows neither gRPC nor connections.
  template <typename Request, typename Response>
  using Metric = absl::StatusOr<Response> (*)(const Request&, const QueryContext&, pqxx::transaction_base&);

  template <typename Request, typename Response>
  grpc::Status Run(grpc::ServerContext* context, const Request* request, Response* response,
                   Metric<Request, Response> metric) {
    std::optional<QueryContext> asked;
    grpc::Status status = RunBody(*context, request->GetDescriptor()->name(),
                                  [&](const QueryContext& query, pqxx::transaction_base& transaction) {
                                    asked = query;
                                    absl::StatusOr<Response> answer = metric(*request, query, transaction);
                                    if (!answer.ok()) return answer.status();
                                    *response = std::move(*answer);
                                    return absl::OkStatus();
                                  });
    if (verification_ != nullptr && status.ok()) {
      verification_->Offer(*request, *response, *asked, metric, metrics_.waiting.value() > 0);
    }
    return status;
  }

  const QueryMetrics& metrics() const { return metrics_; }

 private:
  using Body = std::function<absl::Status(const QueryContext&, pqxx::transaction_base&)>;

  grpc::Status RunBody(grpc::ServerContext& context, const std::string& request_name, const Body& body);
  // What the caller is told.
  absl::Status Answer(grpc::ServerContext& context, const std::string& request_name, absl::Time now,
                      const Body& body);
  absl::StatusOr<postgres::ConnectionPool::Lease> Acquire();
  absl::Status RunOnce(grpc::ServerContext& context, const QueryContext& query, absl::Time deadline,
                       const Body& body, bool& connection_died);

  const postgres::ProjectDirectory* const directory_;
  postgres::ConnectionPool* const pool_;
  const Clock* const clock_;
  const MetricRunnerOptions options_;
  HistoryStore* const histories_;
  Verification* const verification_;
  QueryMetrics metrics_;
  StatementWatch watch_;
};

// What the caller is told of `status`: refusals as they are, the database's own
// words never. `hidden` is set when the log has to say more.
absl::Status ForCaller(const absl::Status& status, bool& hidden);

}  // namespace donut::query
