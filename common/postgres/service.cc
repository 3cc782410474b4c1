#include "common/postgres/service.h"

#include <atomic>

#include "absl/strings/str_cat.h"
#include "common/log.h"
#include "common/metrics_endpoint.h"
#include "common/postgres/readiness.h"
#include "common/process_metrics.h"
#include "common/status_macros.h"

namespace donut::postgres {
namespace {

// The watch shall notice soon that nobody answers.
constexpr absl::Duration kCheckConnectTimeout = absl::Seconds(2);

ReadinessOptions WatchOptions(const ServiceOptions& options) {
  ReadinessOptions watch;
  watch.connection = options.database;
  watch.connection.application_name = absl::StrCat(options.name, " watch");
  watch.connection.connect_timeout = kCheckConnectTimeout;
  watch.period = options.check_period;
  return watch;
}

// Null when no address is set.
absl::StatusOr<std::unique_ptr<MetricsEndpoint>> StartMetrics(const ServiceOptions& options,
                                                              const Readiness& readiness,
                                                              const ServiceHooks& hooks) {
  if (options.metrics_address.empty()) return nullptr;
  const auto collect = [name = options.name, &readiness, &hooks](MetricPage& page) {
    page.AddGauge("donut_build_info", "Always 1; the labels tell which program this is.", 1,
                  {{"service", name}, {"version", DONUT_VERSION}});
    page.AddGauge("donut_ready", "1 while the service can work, as the health service answers; else 0.",
                  readiness.ready() ? 1 : 0);
    AddProcessMetrics(page);
    if (hooks.add_metrics) hooks.add_metrics(page);
  };
  ASSIGN_OR_RETURN(std::unique_ptr<MetricsEndpoint> endpoint,
                   MetricsEndpoint::Start({.address = options.metrics_address}, collect));
  const std::string host = options.metrics_address.substr(0, options.metrics_address.rfind(':'));
  Log(Severity::kInfo, "metrics",
      {{"url", absl::StrCat("http://", host, ":", endpoint->port(), "/metrics")}});
  if (!IsLoopbackAddress(options.metrics_address)) {
    Log(Severity::kWarning, "metrics ask for no key: whoever reaches this address can read them",
        {{"address", options.metrics_address}});
  }
  return endpoint;
}

}  // namespace

ServiceOptions ServiceOptionsFrom(const std::string& name, const ServiceFlags& flags) {
  ServiceOptions options;
  options.name = name;
  options.server.address = flags.address.value;
  options.metrics_address = flags.metrics_address.value;
  options.database.url = flags.database_url.value;
  options.database.role = flags.database_role.value;
  options.database.application_name = name;
  return options;
}

int FailedToStart(const absl::Status& why) {
  Log(Severity::kError, std::string(why.message()));
  return 1;
}

int RunService(const ServiceOptions& options, ProjectDirectory& directory,
               const std::vector<grpc::Service*>& services, const ServiceHooks& hooks) {
  std::unique_ptr<GrpcServer> server;
  std::atomic<bool> stopping = false;
  Readiness readiness(WatchOptions(options), &directory, hooks.on_check, [&server, &stopping](bool ready) {
    if (server != nullptr && !stopping) server->SetServing(ready);
  });
  const absl::Status first_check = readiness.CheckNow();
  if (directory.IsOpenToNobody()) {
    return FailedToStart(absl::FailedPreconditionError(
        absl::StrCat("refusing to listen on ", options.server.address, ": no API keys are configured; ",
                     "create one with `donut keys create` or listen on 127.0.0.1")));
  }
  const absl::StatusOr<std::unique_ptr<MetricsEndpoint>> metrics = StartMetrics(options, readiness, hooks);
  if (!metrics.ok()) return FailedToStart(metrics.status());
  auto started = GrpcServer::Start(options.server, services, hooks.configure);
  if (!started.ok()) return FailedToStart(started.status());
  server = *std::move(started);
  server->SetServing(first_check.ok());
  Log(Severity::kInfo, first_check.ok() ? "serving" : "listening, not serving yet",
      {{"service", options.name}, {"address", options.server.address}, {"port", server->port()}});
  readiness.Start();
  if (hooks.on_listening) hooks.on_listening(server->port());

  if (hooks.wait_for_stop) {
    hooks.wait_for_stop();
  } else {
    WaitForStopSignal();
  }
  Log(Severity::kInfo, "stopping", {{"service", options.name}});
  StartShutdownWatchdog(options.shutdown_limit);
  stopping = true;
  server->SetServing(false);
  if (hooks.drain) hooks.drain();
  server->Shutdown(options.grace);
  readiness.Stop();
  Log(Severity::kInfo, "stopped", {{"service", options.name}});
  return 0;
}

}  // namespace donut::postgres
