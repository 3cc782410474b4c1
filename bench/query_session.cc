#include "bench/query_session.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "bench/figures.h"
#include "common/postgres/connection_pool.h"
#include "common/postgres/transaction.h"
#include "common/proto_time.h"
#include "query_service/statement_settings.h"
#include "tests/query_service/scanned_partitions.h"

namespace donut::bench {
namespace {

// The first column says which row, the others are numbers.
QueryAnswer AnswerFrom(const pqxx::result& rows) {
  QueryAnswer answer;
  for (const pqxx::row& row : rows) {
    for (pqxx::row::size_type column = 1; column < row.size(); ++column) {
      answer.Set(row[0].as<std::string>(), rows.column_name(column), row[column].as<int64_t>());
    }
  }
  return answer;
}

}  // namespace

QuerySession::QuerySession(ThrowawayCluster& cluster, absl::Time start, absl::Time end, absl::Time now)
    : cluster_(cluster), start_(start), end_(end), context_{{1, "default", "UTC"}, now} {
  Connect(/*with_plans=*/false);
}

void QuerySession::Connect(bool with_plans) {
  postgres::ConnectionOptions options;
  options.url = cluster_.collected().query_url();
  options.application_name = "bench-query";
  options.statement_timeout = kLongestStatement;
  options.settings = query::StatementSettings();
  if (with_plans) {
    // Only the owner may load it.
    options.url = cluster_.collected().owner_url();
    options.role = "donut_query";
    options.settings.insert({{"session_preload_libraries", "auto_explain"},
                             {"auto_explain.log_min_duration", "0"},
                             {"auto_explain.log_level", "notice"},
                             {"auto_explain.log_analyze", "on"},
                             {"auto_explain.log_buffers", "on"}});
  }
  auto connected = postgres::Connect(options);
  if (!connected.ok()) Fail(connected.status().ToString());
  notices_handler_.reset();
  connection_ = std::move(*connected);
  if (with_plans) notices_handler_ = std::make_unique<testing::CollectNotices>(*connection_, notices_);
}

absl::StatusOr<TimedAnswer> QuerySession::Run(
    const std::function<absl::StatusOr<QueryAnswer>(pqxx::transaction_base&)>& body) {
  TimedAnswer timed;
  bool broken = false;
  const absl::Duration cpu_before = cluster_.CpuTime();
  const absl::Time begin = absl::Now();
  const absl::Status status = postgres::RunTransaction(
                                  *connection_, postgres::TransactionKind::kReadOnlySnapshot,
                                  [&](pqxx::transaction_base& transaction) {
                                    absl::StatusOr<QueryAnswer> answer = body(transaction);
                                    if (!answer.ok()) return answer.status();
                                    timed.answer = *std::move(answer);
                                    return absl::OkStatus();
                                  },
                                  broken)
                                  .status;
  timed.elapsed = absl::Now() - begin;
  timed.cpu = cluster_.CpuTime() - cpu_before;
  if (!status.ok()) return status;
  return timed;
}

absl::StatusOr<TimedAnswer> QuerySession::Ask(const QueryQuestion& question) {
  return Run([&](pqxx::transaction_base& transaction) { return question.ask(context_, transaction); });
}

absl::StatusOr<TimedAnswer> QuerySession::Ask(const TextbookAnswer& textbook) {
  return Run([&](pqxx::transaction_base& transaction) -> absl::StatusOr<QueryAnswer> {
    QueryAnswer answer;
    for (const char* statement : textbook.statements) {
      answer.Add(AnswerFrom(transaction.exec_params(statement, ToPostgres(start_), ToPostgres(end_))));
    }
    return answer;
  });
}

std::string QuerySession::TakePlans() {
  if (notices_handler_ == nullptr) Connect(/*with_plans=*/true);
  return std::exchange(notices_, "");
}

}  // namespace donut::bench
