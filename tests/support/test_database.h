// A throwaway PostgreSQL for tests: one cluster per test program, on a unix socket in
// a temporary folder, started when first asked for and removed at the end, also when
// the program is killed. As root it runs as the user postgres. Fails the program, never skips, when
// PostgreSQL is not there.
#pragma once

#include <memory>
#include <pqxx/pqxx>
#include <string>
#include <vector>

namespace donut::testing {

// A fresh, migrated database of its own, dropped when the object goes.
class TestDatabase {
 public:
  // From a migrated template: about 50 ms.
  TestDatabase();
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  // Connection strings: as owner, as the collector's role, as the query service's, as the compactor's.
  std::string owner_url() const;
  std::string collector_url() const;
  std::string query_url() const;
  std::string compactor_url() const;

  // A connection as owner, for arranging and looking.
  pqxx::connection& owner();
  // Runs SQL as owner and returns the first column of the first row ("" for NULL or none).
  std::string Query(const std::string& sql);

 private:
  std::string name_;
  std::unique_ptr<pqxx::connection> owner_;
};

// The same cluster, without migrations applied.
class EmptyDatabase {
 public:
  EmptyDatabase();
  ~EmptyDatabase();
  std::string owner_url() const;

 private:
  std::string name_;
};

// What the cluster is made with. ForTests() is small, fast and without safety on disk.
struct ClusterSettings {
  // Where its folder is made; 30 characters at most, for it holds a socket.
  std::string parent_folder = "/tmp";
  // Lines of postgresql.conf.
  std::string configuration;
  std::vector<std::string> initdb_options;

  static ClusterSettings ForTests();
};

// The cluster itself, for tests that stop and start the database. `mode` is pg_ctl's:
// "fast" or "immediate".
class TestCluster {
 public:
  static TestCluster& Shared();
  // Starts it with other settings than the tests'; before anything else asks for it. For benchmarks.
  static TestCluster& StartWith(const ClusterSettings& settings);
  std::string socket_folder() const;
  std::string UrlFor(const std::string& database, const std::string& user) const;
  void Stop(const std::string& mode);
  void Start();
  // Sends a signal to one of its processes, such as SIGSTOP to a backend.
  void Signal(int pid, int signal);

 private:
  class Server;
  TestCluster();
  Server* server_ = nullptr;
};

}  // namespace donut::testing
