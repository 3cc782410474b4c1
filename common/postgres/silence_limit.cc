#include "common/postgres/silence_limit.h"

#include <sys/socket.h>
#include <unistd.h>

#include "absl/time/clock.h"

namespace donut::postgres {

SilenceLimit::SilenceLimit(const pqxx::connection_base& connection, absl::Duration limit)
    : socket_(dup(connection.sock())), thread_([this, limit] { Run(limit); }) {}

SilenceLimit::~SilenceLimit() {
  {
    MutexLock lock(mutex_);
    done_ = true;
    wake_.NotifyAll();
  }
  thread_.join();
  if (socket_ >= 0) close(socket_);
}

void SilenceLimit::Run(absl::Duration limit) {
  const absl::Time until = absl::Now() + limit;
  MutexLock lock(mutex_);
  while (!done_) {
    const absl::Duration left = until - absl::Now();
    if (left <= absl::ZeroDuration()) {
      if (socket_ >= 0) shutdown(socket_, SHUT_RDWR);
      return;
    }
    wake_.WaitFor(mutex_, left);
  }
}

}  // namespace donut::postgres
