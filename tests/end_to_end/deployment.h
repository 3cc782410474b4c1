// The product as it is deployed: a database migrated by `donut migrate`, both services
// as processes of their own on free ports of loopback, and the command line. One per
// test; everything ends with the object.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/end_to_end/process.h"
#include "tests/support/test_database.h"

namespace donut::testing {

// For Deployment::Sql: "0" where no event is stored twice.
inline constexpr char kNoDoubles[] =
    "SELECT count(*) FROM (SELECT FROM analytics_events GROUP BY producer_no, sequence HAVING count(*) > 1) "
    "x";

class Deployment {
 public:
  // Migrates an empty database and starts the services, waiting until they are ready.
  Deployment();

  void StartCollector();
  void StartQuery();
  void StartCompactor();
  // kill -9.
  void KillCollector();

  Process& collector() { return *collector_; }
  Process& query() { return *query_; }
  Process& compactor() { return *compactor_; }
  const std::string& collector_address() const { return collector_address_; }
  const std::string& query_address() const { return query_address_; }
  // "http://127.0.0.1:9464/metrics"
  const std::string& collector_metrics_url() const { return collector_metrics_url_; }
  const std::string& query_metrics_url() const { return query_metrics_url_; }
  const std::string& compactor_metrics_url() const { return compactor_metrics_url_; }
  const std::string& folder() const { return folder_.path(); }
  std::string owner_url() const { return database_.owner_url(); }

  // The finished run of `donut ARGUMENTS`.
  struct Result {
    int exit_code;
    std::string out;
    std::string err;
  };
  Result Donut(const std::vector<std::string>& arguments);
  // Any program, with the services' addresses in its environment.
  Result Run(const std::vector<std::string>& arguments);
  // One that goes on while the test does something else.
  std::unique_ptr<Process> Begin(const std::vector<std::string>& arguments);

  // The first column of the first row, as owner.
  std::string Sql(const std::string& statement);

 private:
  std::map<std::string, std::string> Environment() const;

  TemporaryFolder folder_;
  EmptyDatabase database_;
  std::string collector_address_ = "127.0.0.1:0";
  std::string query_address_ = "127.0.0.1:0";
  std::string compactor_address_ = "127.0.0.1:0";
  std::string collector_metrics_url_;
  std::string query_metrics_url_;
  std::string compactor_metrics_url_;
  std::unique_ptr<Process> collector_;
  std::unique_ptr<Process> query_;
  std::unique_ptr<Process> compactor_;
  int runs_ = 0;
};

// build/bin/NAME.
std::string Program(const std::string& name);

}  // namespace donut::testing
