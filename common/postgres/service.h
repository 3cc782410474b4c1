// What a service's main does besides making its own objects: watch the database,
// refuse to be open to a network without keys, listen, tell the health service, wait for
// SIGTERM, drain, stop. Both mains are a few lines because of it.
//
//   int main(int argc, char** argv) {
//     donut::BlockStopSignals();
//     const auto flags =
//         donut::ReadServiceFlags(argc, argv, {"127.0.0.1:50052", "DONUT_QUERY_ADDRESS", "donut_query"});
//     if (!flags.ok()) return donut::postgres::FailedToStart(flags.status());
//     donut::postgres::ServiceOptions options = donut::postgres::ServiceOptionsFrom("donut-query", *flags);
//     donut::postgres::ProjectDirectory directory(options.anonymous_allowed());
//     donut::postgres::ConnectionPool pool(options.database, 4);
//     donut::SystemClock clock;
//     donut::query::MetricRunner runner(&directory, &pool, &clock);
//     const auto service = donut::query::MakeQueryService(&runner);
//     return donut::postgres::RunService(options, directory, {service.get()}, {});
//   }
//
// No state of its own; called from main.
#pragma once

#include <functional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/grpc_server.h"
#include "common/metric_page.h"
#include "common/postgres/connection_pool.h"
#include "common/postgres/project_directory.h"
#include "common/service_flags.h"

namespace donut::postgres {

struct ServiceOptions {
  // In the logs and in pg_stat_activity.
  std::string name;
  GrpcServerOptions server;
  ConnectionOptions database;
  // Where metrics are served (metrics_endpoint.h); empty: nowhere.
  std::string metrics_address;
  // How often the database is looked at.
  absl::Duration check_period = absl::Seconds(2);
  // What running calls get after SIGTERM, once the service has drained its own streams.
  absl::Duration grace = absl::Seconds(10);
  // The whole of the shutdown; then the process ends with code 3.
  absl::Duration shutdown_limit = absl::Seconds(30);

  // Only a service that nobody else can reach takes callers without a key.
  bool anonymous_allowed() const { return IsLoopbackAddress(server.address); }
};

// Defaults, with what the flags say.
ServiceOptions ServiceOptionsFrom(const std::string& name, const ServiceFlags& flags);

// All optional.
struct ServiceHooks {
  // In each round of the watch, on its thread and connection, after the schema was found to fit; an
  // error keeps the service NOT_SERVING. For periodic work, and for what must be read before serving.
  std::function<absl::Status(pqxx::connection&)> on_check;
  // Adds the service's own metrics to a page that already has those of its process; called for each
  // scrape, from several threads, until RunService returns.
  std::function<void(MetricPage&)> add_metrics;
  // Further gRPC settings, before the server is built.
  std::function<void(grpc::ServerBuilder&)> configure;
  // After SIGTERM, when health says NOT_SERVING and before the server stops: end the streams. It
  // returns when they are gone or its own limit has passed.
  std::function<void()> drain;
  // Returns when the service shall stop. Default: WaitForStopSignal.
  std::function<void()> wait_for_stop;
  // Once the server listens, with the bound port. For tests.
  std::function<void(int port)> on_listening;
};

// Serves until SIGTERM or SIGINT. Returns main's exit code: 0 after an orderly end, 1 when it
// could not start (logged in one line). A database that is away is no reason not to start: the
// service answers NOT_SERVING until it comes.
int RunService(const ServiceOptions& options, ProjectDirectory& directory,
               const std::vector<grpc::Service*>& services, const ServiceHooks& hooks);

// Logs why and returns main's exit code for it.
int FailedToStart(const absl::Status& why);

}  // namespace donut::postgres
