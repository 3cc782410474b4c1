// donut-query: computes the metrics from the stored events and answers by gRPC.
// docs/operations.md tells how to run it.
#include "absl/flags/flag.h"
#include "common/clock.h"
#include "common/grpc_server.h"
#include "common/postgres/connection_pool.h"
#include "common/postgres/project_directory.h"
#include "common/postgres/service.h"
#include "common/service_flags.h"
#include "query_service/events/history_store.h"
#include "query_service/metric_runner.h"
#include "query_service/query_options.h"
#include "query_service/query_service.h"
#include "query_service/statement_settings.h"

ABSL_FLAG(int, max_queries, 0, "Queries at once; 0: as many as there are processors, from 2 to 8.");
ABSL_FLAG(int, history_cache_mib, donut::query::QueryOptions().history_cache_mib,
          "MiB of histories that are kept between questions.");
ABSL_FLAG(double, verify_share, 0,
          "Of the questions that histories answer, from 0 to 1: how many are asked of SQL too, afterwards.");

namespace {

// Calls at once, those that wait for a connection included; gRPC refuses more with RESOURCE_EXHAUSTED.
constexpr int kMaxThreads = 32;

}  // namespace

int main(int argc, char** argv) {
  donut::BlockStopSignals();
  const auto flags = donut::ReadServiceFlags(
      argc, argv, {"127.0.0.1:50052", "DONUT_QUERY_ADDRESS", "donut_query", "DONUT_QUERY_METRICS_ADDRESS"});
  if (!flags.ok()) return donut::postgres::FailedToStart(flags.status());

  const donut::query::QueryOptions query{absl::GetFlag(FLAGS_max_queries),
                                         absl::GetFlag(FLAGS_history_cache_mib),
                                         absl::GetFlag(FLAGS_verify_share)};
  if (const absl::Status valid = query.Validate(); !valid.ok()) return donut::postgres::FailedToStart(valid);

  donut::postgres::ServiceOptions options = donut::postgres::ServiceOptionsFrom("donut-query", *flags);
  options.server.max_threads = kMaxThreads;
  options.database.settings = donut::query::StatementSettings();

  donut::postgres::ProjectDirectory directory(options.anonymous_allowed());
  donut::postgres::ConnectionPool pool(options.database, query.connections());
  donut::SystemClock clock;
  donut::query::HistoryStore histories(static_cast<size_t>(query.history_cache_mib) << 20);
  donut::query::Verification verification({query.verify_share}, options.database, &histories, &clock);
  donut::query::MetricRunner runner(&directory, &pool, &clock, {}, &histories, &verification);
  const auto service = donut::query::MakeQueryService(&runner);
  donut::postgres::ServiceHooks hooks;
  hooks.configure = donut::query::ConfigureQueryServer;
  hooks.add_metrics = [&](donut::MetricPage& page) {
    runner.metrics().AddTo(page, query.connections());
    donut::query::AddHistoryMetrics(histories, page);
    verification.AddTo(page);
  };
  return donut::postgres::RunService(options, directory, {service.get()}, hooks);
}
