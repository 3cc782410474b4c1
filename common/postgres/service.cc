#include "common/postgres/service.h"

#include <atomic>

#include "absl/strings/str_cat.h"
#include "common/log.h"
#include "common/postgres/readiness.h"

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

}  // namespace

ServiceOptions ServiceOptionsFrom(const std::string& name, const ServiceFlags& flags) {
  ServiceOptions options;
  options.name = name;
  options.server.address = flags.address.value;
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
