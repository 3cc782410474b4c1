// Connections to PostgreSQL, at most so many at once, made when needed and thrown
// away when broken. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/mutex.h"
#include "common/postgres/copy_connection.h"

namespace donut::postgres {

struct ConnectionOptions {
  // A libpq connection string or URL. connect_timeout and keepalives are added
  // where it does not set them.
  std::string url;
  // The role to work as after login (as SET ROLE does); empty: the login role.
  std::string role;
  // Shown in pg_stat_activity.
  std::string application_name;
  // How long one attempt to connect may take.
  absl::Duration connect_timeout = absl::Seconds(3);
  // Set as statement_timeout and lock_timeout; zero: none.
  absl::Duration statement_timeout = absl::Seconds(30);
  absl::Duration lock_timeout = absl::Seconds(10);
  // Further settings of the server for this connection, name to value; the URL's own win.
  std::map<std::string, std::string> settings = {};
};

// A new connection. UNAVAILABLE when the database cannot be reached or is starting;
// FAILED_PRECONDITION for a missing role or database, or a refused login. Never has the password in the
// message.
absl::StatusOr<std::unique_ptr<pqxx::connection>> Connect(const ConnectionOptions& options);

// The same, for one that also speaks PostgreSQL's binary form. The pool's are such.
absl::StatusOr<std::unique_ptr<CopyConnection>> ConnectForCopy(const ConnectionOptions& options);

class ConnectionPool {
 public:
  // Returns the connection when it goes out of scope. Call Discard() after an error
  // that may have broken it (transaction.h does).
  class Lease {
   public:
    Lease(Lease&&) noexcept;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    CopyConnection& operator*() const { return *connection_; }
    CopyConnection* operator->() const { return connection_.get(); }
    // The connection stays usable until the lease ends, and is closed then.
    void Discard() { discarded_ = true; }

   private:
    friend class ConnectionPool;
    Lease(ConnectionPool* pool, std::unique_ptr<CopyConnection> connection);
    ConnectionPool* pool_;
    std::unique_ptr<CopyConnection> connection_;
    bool discarded_ = false;
  };

  // At least one connection. All leases end before the pool does.
  ConnectionPool(ConnectionOptions options, int size);

  // Waits for a free place until `timeout` (then RESOURCE_EXHAUSTED), connects when
  // there is no idle connection (errors as Connect).
  absl::StatusOr<Lease> Acquire(absl::Duration timeout);

 private:
  void Return(std::unique_ptr<CopyConnection> connection);

  const ConnectionOptions options_;
  const int size_;
  Mutex mutex_;
  ConditionVariable place_free_;
  int leased_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<CopyConnection>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace donut::postgres
