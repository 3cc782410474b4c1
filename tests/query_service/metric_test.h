// What the tests of the metrics share: one throwaway database per test program, and a
// way to ask a metric as the query service's role does. Not thread-safe.
#pragma once

#include <memory>
#include <pqxx/pqxx>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/postgres/connection_pool.h"
#include "gtest/gtest.h"
#include "query_service/engine.h"
#include "query_service/query_scope.h"
#include "query_service/statement_settings.h"
#include "tests/query_service/both_engines.h"
#include "tests/reference/history_loader.h"
#include "tests/reference/history_packer.h"
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
  static postgres::CopyConnection& query_connection() {
    static postgres::CopyConnection* const connection = [] {
      postgres::ConnectionOptions options;
      options.url = database().query_url();
      options.settings = query::StatementSettings();
      return postgres::ConnectForCopy(options).value().release();
    }();
    return *connection;
  }

  // The project that the next questions are about.
  void Load(const History& history, const std::string& time_zone = "UTC") {
    context_.project = LoadHistory(database().owner(), history, time_zone);
    Pack();
  }
  // Histories of what the project has by now; for a test that stores more than Load did.
  void Pack() { PackHistory(database().owner(), context_.project.project_id); }

  // Asks both engines. INTERNAL, with what differs, unless they give the same answer to the last byte.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Ask(absl::StatusOr<Response> (*metric)(const Request&, const query::QueryContext&,
                                                                  pqxx::transaction_base&),
                               const Request& request) {
    return AskBoth<Response>(
        request, [&](const Request& asked, const query::QueryContext& context,
                     pqxx::transaction_base& transaction) { return metric(asked, context, transaction); });
  }

  // `ask`: a metric, or what gives its answer by a pointer.
  template <typename Answer, typename Request, typename Ask>
  absl::StatusOr<Answer> AskBoth(const Request& request, const Ask& ask) {
    const query::HistoryAccess histories{&history_store(), &query_connection(), [] { return false; }};
    query::QueryContext context = context_;
    context.histories = &histories;
    const std::unique_ptr<Request> asked(request.New());
    asked->CopyFrom(request);
    const auto by = [&](v1::Engine engine) {
      SetEngine(engine, *asked);
      pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> transaction(query_connection());
      return ask(*asked, context, transaction);
    };
    absl::StatusOr<Answer> by_sql = by(v1::ENGINE_SQL);
    absl::StatusOr<Answer> by_history = by(v1::ENGINE_HISTORY);
    if (by_sql.status() != by_history.status()) {
      return absl::InternalError(absl::StrCat("SQL says ", by_sql.status().ToString(), ", histories say ",
                                              by_history.status().ToString()));
    }
    if (!by_sql.ok()) return by_sql;
    const std::string difference = EngineDifference(MessageOf(*by_sql), MessageOf(*by_history));
    if (!difference.empty()) return absl::InternalError(difference);
    return by_sql;
  }

  static query::HistoryStore& history_store() {
    static auto* const store = new query::HistoryStore(64 << 20);
    return *store;
  }

  query::QueryContext context_{{1, "default", "UTC"}, At("2024-06-15 12:00:00")};

 private:
  static const google::protobuf::Message& MessageOf(const google::protobuf::Message& message) {
    return message;
  }
  static const google::protobuf::Message& MessageOf(
      const std::unique_ptr<google::protobuf::Message>& message) {
    return *message;
  }
};

}  // namespace donut::testing
