// Which engine answers: the one that the scope asks for, or, where it is left to choose, histories if they
// can, else SQL. Both read in the caller's transaction, so in one snapshot. No state.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <pqxx/pqxx>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/postgres/copy_connection.h"
#include "query_service/events/actor_scan.h"
#include "query_service/events/history_reader.h"
#include "query_service/query_scope.h"

namespace donut::query {

// What a call may read histories with. `connection` has the call's transaction.
struct HistoryAccess {
  HistoryStore* store = nullptr;
  postgres::CopyConnection* connection = nullptr;
  // Whether nobody waits for the answer any more. From any thread.
  std::function<bool()> cancelled = [] { return false; };
};

// The histories for one question.
class HistoryRun {
 public:
  HistoryRun(const HistoryAccess& access, pqxx::transaction_base& transaction)
      : access_(access), transaction_(transaction), reader_(access.store, access.connection) {}

  // Ready for FoldActors. INVALID_ARGUMENT: a regular expression that PostgreSQL does not read.
  absl::StatusOr<std::unique_ptr<ActorScan>> Open(const EventQuestion& question);

  HistoryReader& reader() { return reader_; }
  pqxx::transaction_base& transaction() { return transaction_; }
  int64_t unpacked_event_count() const { return unpacked_event_count_; }

 private:
  const HistoryAccess& access_;
  pqxx::transaction_base& transaction_;
  HistoryReader reader_;
  int64_t unpacked_event_count_ = 0;
};

// Why `by_history` must not be asked: empty when it may. An error when the scope insists on it.
absl::StatusOr<std::string> WhySql(const QueryScope& scope, const QueryContext& context);
// What is to be done with the status of histories that could not answer: OK when SQL is to.
absl::Status LeaveToSql(const absl::Status& status, const QueryContext& context, QueryScope& scope);
void AnsweredByHistory(const HistoryRun& run, const QueryContext& context, QueryScope& scope);
// pqxx begins a transaction with its first statement: histories are read on the same connection past it.
void BeginTransaction(pqxx::transaction_base& transaction);

// An answer by the engine that `scope` asks for, which then says in `scope` what answered.
//   by_history: absl::StatusOr<Answer>(HistoryRun&)
//   by_sql:     absl::StatusOr<Answer>()
template <typename ByHistory, typename BySql>
auto AnswerBy(const QueryContext& context, pqxx::transaction_base& transaction, QueryScope& scope,
              const ByHistory& by_history, const BySql& by_sql) -> decltype(by_sql()) {
  absl::StatusOr<std::string> why_sql = WhySql(scope, context);
  if (!why_sql.ok()) return why_sql.status();
  if (why_sql->empty()) {
    BeginTransaction(transaction);
    HistoryRun run(*context.histories, transaction);
    decltype(by_sql()) answer = by_history(run);
    if (answer.ok()) {
      AnsweredByHistory(run, context, scope);
      return answer;
    }
    if (absl::Status status = LeaveToSql(answer.status(), context, scope); !status.ok()) return status;
  } else {
    scope.engine_reason = *why_sql;
  }
  scope.answered_by = v1::ENGINE_SQL;
  if (scope.engine != v1::ENGINE_AUTO) scope.engine_reason.clear();
  return by_sql();
}

}  // namespace donut::query
