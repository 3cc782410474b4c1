// donut-collector: flags to options, options to objects, then serve.
#include "absl/flags/flag.h"
#include "collector/collector_options.h"
#include "collector/database_upkeep.h"
#include "collector/event_collector_service.h"
#include "collector/postgres_event_sink.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/postgres/service.h"
#include "google/protobuf/stubs/logging.h"

ABSL_FLAG(int, lanes, 2, "Database connections that commit side by side.");
ABSL_FLAG(int, max_streams, 1000, "Open streams; one more is refused.");
ABSL_FLAG(int, max_staged_mib, 64,
          "MiB of events that may wait for COMMIT; then streams are no longer read.");

int main(int argc, char** argv) {
  using namespace donut;
  BlockStopSignals();
  // It would write a line of its own for each text that is not UTF-8; the caller hears of it.
  google::protobuf::SetLogHandler(nullptr);
  auto flags = ReadServiceFlags(
      argc, argv,
      {"127.0.0.1:50051", "DONUT_COLLECTOR_ADDRESS", "donut_collector", "DONUT_COLLECTOR_METRICS_ADDRESS"});
  if (!flags.ok()) return postgres::FailedToStart(flags.status());
  collector::CollectorOptions collector;
  collector.queue.lanes = absl::GetFlag(FLAGS_lanes);
  collector.max_streams = absl::GetFlag(FLAGS_max_streams);
  collector.queue.max_staged_bytes = static_cast<size_t>(absl::GetFlag(FLAGS_max_staged_mib)) << 20;
  if (const absl::Status valid = collector.Validate(); !valid.ok()) return postgres::FailedToStart(valid);
  postgres::ServiceOptions options = postgres::ServiceOptionsFrom("donut-collector", *flags);
  options.server.max_message_bytes = limits::kMaxMessageBytes;
  options.server.max_memory_bytes = collector.GrpcMemoryBytes();
  const int64_t most_memory =
      collector.MaxMemoryBytes(options.server.max_memory_bytes, options.server.max_threads, /*projects=*/1);
  Log(Severity::kInfo, "memory for events is bounded", {{"mib", most_memory >> 20}});
  const SystemClock clock;
  collector::SharedHash hash;
  collector::SinkMemory memory(collector.known_users, collector.known_sessions);
  collector::DatabaseUpkeep upkeep(&hash, &clock, collector.expire_period);
  collector::IngestQueue queue(collector.queue, &clock, [&](int) {
    return std::make_unique<collector::PostgresEventSink>(options.database, &memory);
  });
  postgres::ProjectDirectory directory(options.anonymous_allowed());
  collector::EventCollectorService service(collector, directory, queue, clock, hash);
  postgres::ServiceHooks hooks;
  hooks.on_check = [&](pqxx::connection& connection) { return upkeep.Check(connection); };
  hooks.add_metrics = [&](MetricPage& page) {
    service.AddMetrics(page);
    memory.known_users.AddMetrics(page);
    memory.known_sessions.AddMetrics(page);
    page.AddGauge("donut_collector_memory_bound_bytes", "What it holds at most, beside code and libraries.",
                  static_cast<double>(most_memory));
  };
  hooks.drain = [&] { service.Drain(); };
  const int code = postgres::RunService(options, directory, {&service}, hooks);
  queue.metrics().LogTotals();
  return code;
}
