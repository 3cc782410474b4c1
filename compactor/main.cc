// donut-compactor: packs the events that collectors stored into histories, which donut-query answers from.
// docs/operations.md tells how to run it.
#include "common/clock.h"
#include "common/log.h"
#include "common/postgres/service.h"
#include "common/service_flags.h"
#include "compactor/compactor_loop.h"

namespace {

// A rebuild of a large partition is one statement after the other; none of them takes longer but the sort,
// which sets its own limit.
constexpr absl::Duration kStatementTimeout = absl::Minutes(5);
// A rewriter that waits for the lock keeps those after it waiting as well.
constexpr absl::Duration kLockTimeout = absl::Seconds(2);

}  // namespace

int main(int argc, char** argv) {
  donut::BlockStopSignals();
  const auto flags = donut::ReadServiceFlags(
      argc, argv,
      {"127.0.0.1:50053", "DONUT_COMPACTOR_ADDRESS", "donut_compactor", "DONUT_COMPACTOR_METRICS_ADDRESS"});
  if (!flags.ok()) return donut::postgres::FailedToStart(flags.status());
  const donut::postgres::ServiceOptions options =
      donut::postgres::ServiceOptionsFrom("donut-compactor", *flags);

  donut::compactor::LoopOptions loop_options;
  loop_options.connection = options.database;
  loop_options.connection.statement_timeout = kStatementTimeout;
  loop_options.connection.lock_timeout = kLockTimeout;
  const donut::SystemClock clock;
  donut::compactor::CompactorLoop loop(loop_options, &clock);

  donut::postgres::ProjectDirectory directory(options.anonymous_allowed());
  donut::postgres::ServiceHooks hooks;
  hooks.add_metrics = [&loop](donut::MetricPage& page) { loop.metrics().AddTo(page); };
  hooks.on_listening = [&loop](int /*port*/) { loop.Start(); };
  hooks.drain = [&loop] { loop.Stop(); };
  const int code = donut::postgres::RunService(options, directory, {}, hooks);
  loop.metrics().LogTotals();
  return code;
}
