// The compactor's thread: one connection, a round a second (CompactOnce), sooner while there is more to do.
// Of several on one database one is at work and the others look every second whether they may. Owns the
// thread; Start and Stop are called by one other thread.
#pragma once

#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/backoff.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "common/postgres/connection_pool.h"
#include "compactor/compactor_metrics.h"

namespace donut::compactor {

struct LoopOptions {
  postgres::ConnectionOptions connection;
  absl::Duration period = absl::Seconds(1);
  // How often all months are looked at, and counted.
  absl::Duration long_look_period = absl::Seconds(10);
  // After a failure of a rebuild, and at most after other failures.
  absl::Duration retry = absl::Seconds(30);
  absl::Duration audit_period = absl::Hours(24);
};

class CompactorLoop {
 public:
  // `clock` decides which months are over.
  CompactorLoop(LoopOptions options, const Clock* clock);
  ~CompactorLoop();

  void Start();
  // Ends what is being done, by a rollback, and waits for that: some seconds at most.
  void Stop();

  const CompactorMetrics& metrics() const { return metrics_; }

 private:
  void Run();
  // One round, and how long to wait for the next one.
  absl::Duration Round();
  absl::Status Work(absl::Duration& wait);
  // Connects and tries to be the one at work.
  absl::Status Claim();
  absl::Status ReadStock();
  absl::Status AuditIfDue();
  void Report(const CompactReport& report);
  void ReportProgress(const std::string& partition, int64_t events);
  bool is_stopping();
  bool WaitedOrStopping(absl::Duration wait);

  const LoopOptions options_;
  const Clock* const clock_;
  CompactorMetrics metrics_;

  // The thread's own.
  std::unique_ptr<pqxx::connection> connection_;
  bool is_at_work_ = false;  // on this connection
  Backoff backoff_;
  // By a steady clock, in seconds.
  double long_look_due_ = 0;
  double rebuild_due_ = 0;
  double progress_due_ = 0;
  std::optional<double> audit_due_;
  std::string last_failure_;

  Mutex mutex_;
  ConditionVariable wake_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace donut::compactor
