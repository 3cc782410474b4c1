// What the tests of the metrics share: one throwaway database per test program, and a
// way to ask a metric as the query service's role does. Not thread-safe.
#pragma once

#include <memory>
#include <pqxx/pqxx>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "query_service/query_scope.h"
#include "query_service/statement_settings.h"
#include "tests/reference/history_loader.h"
#include "tests/support/test_database.h"

namespace donut::testing {

// "2024-01-31 05:00:00" in UTC.
inline absl::Time At(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M:%E*S", text, &time, &error)) << text << ": " << error;
  return time;
}

class MetricTest : public ::testing::Test {
 protected:
  static TestDatabase& database() {
    // Shared: each history is a project of its own.
    static TestDatabase* const database = new TestDatabase();
    return *database;
  }
  static pqxx::connection& query_connection() {
    static pqxx::connection* const connection = [] {
      auto* made = new pqxx::connection(database().query_url());
      pqxx::nontransaction setup(*made);
      for (const auto& [setting, value] : query::StatementSettings()) {
        setup.exec_params("SELECT set_config($1, $2, false)", setting, value);
      }
      return made;
    }();
    return *connection;
  }

  // The project that the next questions are about.
  void Load(const History& history, const std::string& time_zone = "UTC") {
    context_.project = LoadHistory(database().owner(), history, time_zone);
  }

  template <typename Request, typename Response>
  absl::StatusOr<Response> Ask(absl::StatusOr<Response> (*metric)(const Request&, const query::QueryContext&,
                                                                  pqxx::transaction_base&),
                               const Request& request) {
    pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> transaction(query_connection());
    return metric(request, context_, transaction);
  }

  query::QueryContext context_{{1, "default", "UTC"}, At("2024-06-15 12:00:00")};
};

}  // namespace donut::testing
