// Ends the wait for a server that says nothing. A statement's own timeout is kept by the server: a
// machine that froze, or a network that swallows, keeps none. For its lifetime it watches the
// time, and when that is up shuts the connection's socket, so that the call that is waiting on it
// returns as if the server had gone. One thread makes and destroys it, and uses the connection between.
#pragma once

#include <pqxx/pqxx>
#include <thread>

#include "absl/time/time.h"
#include "common/mutex.h"

namespace donut::postgres {

class SilenceLimit {
 public:
  SilenceLimit(const pqxx::connection_base& connection, absl::Duration limit);
  ~SilenceLimit();
  SilenceLimit(const SilenceLimit&) = delete;
  SilenceLimit& operator=(const SilenceLimit&) = delete;

 private:
  void Run(absl::Duration limit);

  // Of our own, so that it never names another's socket, whatever pqxx does to its own.
  const int socket_;
  Mutex mutex_;
  ConditionVariable wake_;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace donut::postgres
