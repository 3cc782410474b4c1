// Watches from a thread of its own whether the service can work: the database
// answers, the schema fits, the keys are known. Tells the health service, and
// logs each change once. Also calls a service's own periodic work.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/mutex.h"
#include "common/postgres/connection_pool.h"
#include "common/postgres/project_directory.h"

namespace donut::postgres {

struct ReadinessOptions {
  ConnectionOptions connection;
  absl::Duration period = absl::Seconds(2);
  // A database that leaves the watch without an answer for this long is away, even if it never says so.
  absl::Duration answer_limit = absl::Seconds(3);
  // The same for the service's own work, which may be long.
  absl::Duration on_check_limit = absl::Minutes(1);
};

class Readiness {
 public:
  // `on_check` runs in each round after the schema was found to fit (a collector extends
  // partitions there, reads its hash key); an error means not ready. `on_change` is called
  // with true or false on each change, from the watching thread.
  Readiness(ReadinessOptions options, ProjectDirectory* directory,
            std::function<absl::Status(pqxx::connection&)> on_check,
            std::function<void(bool ready)> on_change);
  ~Readiness();

  // Runs one round now, before Start(); for the start of a service. Returns why it is not ready.
  absl::Status CheckNow();
  void Start();
  void Stop();

  bool ready() const { return ready_; }

 private:
  void Run();
  absl::Status Check();
  void Tell(const absl::Status& status);

  const ReadinessOptions options_;
  ProjectDirectory* const directory_;
  const std::function<absl::Status(pqxx::connection&)> on_check_;
  const std::function<void(bool)> on_change_;

  std::unique_ptr<pqxx::connection> connection_;  // of the watching thread
  std::string last_logged_;                       // of the watching thread
  std::atomic<bool> ready_ = false;
  Mutex mutex_;
  ConditionVariable wake_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace donut::postgres
