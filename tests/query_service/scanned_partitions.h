// Which partitions of analytics_events the statements of a metric really read, from
// their plans: by auto_explain, so it is the statement as it was sent. For tests.
// Not thread-safe.
#pragma once

#include <functional>
#include <pqxx/pqxx>
#include <regex>
#include <set>
#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/support/test_database.h"

namespace donut::testing {

class CollectNotices : public pqxx::errorhandler {
 public:
  CollectNotices(pqxx::connection& connection, std::string& notices)
      : pqxx::errorhandler(connection), notices_(notices) {}
  bool operator()(const char message[]) noexcept override {
    notices_ += message;
    return false;
  }

 private:
  std::string& notices_;
};

// A year whose months have a partition each, whenever the test runs: the schema makes
// months from last year on, and whole years before.
inline int YearOfMonths() {
  return static_cast<int>(absl::ToCivilYear(absl::Now(), absl::UTCTimeZone()).year()) - 1;
}

// As EXPLAIN shows them, one after the other.
inline std::string PlansOf(TestDatabase& database, const std::function<void(pqxx::transaction_base&)>& body) {
  pqxx::connection connection(database.owner_url());
  pqxx::nontransaction setup(connection);
  setup.exec("LOAD 'auto_explain'");
  setup.exec("SET auto_explain.log_min_duration = 0");
  setup.exec("SET auto_explain.log_level = 'notice'");
  setup.commit();
  std::string plans;
  CollectNotices collect(connection, plans);
  pqxx::work transaction(connection);
  body(transaction);
  // A statement with parameters ends, and tells its plan, with the transaction.
  transaction.commit();
  return plans;
}

// Their names without "analytics_events_": "2023", "2024_01".
inline std::set<std::string> ScannedPartitions(TestDatabase& database,
                                               const std::function<void(pqxx::transaction_base&)>& body) {
  const std::string plans = PlansOf(database, body);
  std::set<std::string> partitions;
  static const std::regex& scan = *new std::regex(" on analytics_events_([0-9_]+)\\s");
  for (std::sregex_iterator found(plans.begin(), plans.end(), scan), end; found != end; ++found) {
    partitions.insert((*found)[1]);
  }
  return partitions;
}

}  // namespace donut::testing
