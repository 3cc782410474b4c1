#include "query_service/engine.h"

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "query_service/filtered_statement.h"

namespace donut::query {

absl::StatusOr<std::unique_ptr<ActorScan>> HistoryRun::Open(const EventQuestion& question) {
  RETURN_IF_ERROR(CheckRegexes(transaction_, question.filter));
  for (const EventPredicate& predicate : question.predicates) {
    RETURN_IF_ERROR(CheckRegexes(transaction_, predicate.filter));
  }
  auto scan = std::make_unique<ActorScan>(question, &reader_, access_.cancelled);
  RETURN_IF_ERROR(scan->Open());
  unpacked_event_count_ = std::max(unpacked_event_count_, scan->unpacked_event_count());
  return scan;
}

absl::StatusOr<std::string> WhySql(const QueryScope& scope, const QueryContext& context) {
  if (scope.engine == v1::ENGINE_SQL) return std::string("asked for");
  if (context.histories != nullptr) return std::string();
  if (scope.engine == v1::ENGINE_HISTORY) {
    return absl::FailedPreconditionError(
        "scope.engine: ENGINE_HISTORY cannot answer: this server reads no histories");
  }
  return std::string("this server reads no histories");
}

absl::Status LeaveToSql(const absl::Status& status, const QueryContext& context, QueryScope& scope) {
  if (!IsLeftToSql(status)) return status;
  if (scope.engine == v1::ENGINE_HISTORY) {
    return absl::FailedPreconditionError(
        absl::StrCat("scope.engine: ENGINE_HISTORY cannot answer: ", std::string(status.message()),
                     "; ENGINE_AUTO lets SQL answer meanwhile"));
  }
  ++context.histories->store->figures().fallbacks;
  scope.engine_reason = std::string(status.message());
  return absl::OkStatus();
}

void AnsweredByHistory(const HistoryRun& run, const QueryContext& context, QueryScope& scope) {
  ++context.histories->store->figures().answers;
  scope.answered_by = v1::ENGINE_HISTORY;
  scope.engine_reason.clear();
  scope.unpacked_event_count = run.unpacked_event_count();
}

void BeginTransaction(pqxx::transaction_base& transaction) {
  // Takes no snapshot, and says what is so anyway.
  transaction.exec0("SET LOCAL enable_nestloop = on");
}

}  // namespace donut::query
