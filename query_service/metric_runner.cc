#include "query_service/metric_runner.h"

#include <algorithm>
#include <exception>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/log.h"
#include "common/postgres/postgres_status.h"
#include "common/postgres/transaction.h"
#include "common/status_macros.h"

namespace donut::query {
namespace {

constexpr absl::Duration kRetryDelay = absl::Seconds(1);

std::optional<std::string> Authorization(const grpc::ServerContext& context) {
  const auto found = context.client_metadata().find("authorization");
  if (found == context.client_metadata().end()) return std::nullopt;
  return std::string(found->second.data(), found->second.size());
}

// Whether the connection, not the statement, is what failed: the same call may go
// well on another one. Out of memory and the like are not.
bool ConnectionDied(const absl::Status& status) {
  if (!absl::IsUnavailable(status)) return false;
  const std::optional<std::string> sqlstate = postgres::SqlStateOf(status);
  return !sqlstate || absl::StartsWith(*sqlstate, "57P") || absl::StartsWith(*sqlstate, "08");
}

// How the database failed, or nullopt when the metric itself refused.
std::optional<DatabaseError> ErrorOf(const absl::Status& status, bool broken) {
  if (broken || absl::IsUnavailable(status)) return DatabaseError::kAway;
  if (status.ok() || !postgres::SqlStateOf(status)) return std::nullopt;
  if (absl::IsAborted(status)) return DatabaseError::kConflict;
  if (absl::IsDeadlineExceeded(status)) return DatabaseError::kTimeout;
  return DatabaseError::kOther;
}

void LimitStatements(pqxx::transaction_base& transaction, absl::Duration limit) {
  // Zero would mean no limit. SET takes no snapshot, as a SELECT would: the first statement that reads does.
  const int64_t milliseconds = std::max<int64_t>(1, absl::ToInt64Milliseconds(limit));
  transaction.exec0(absl::StrCat("SET LOCAL statement_timeout = ", milliseconds));
}

void LogFailure(const std::string& request_name, const absl::Status& status) {
  const std::string sqlstate = postgres::SqlStateOf(status).value_or("");
  // PostgreSQL quotes the value it could not read: not for the log.
  const bool quotes_values = absl::StartsWith(sqlstate, "22");
  Log(Severity::kError, "query failed",
      {{"request", request_name},
       {"sqlstate", sqlstate},
       {"error", quotes_values ? std::string("left out") : std::string(status.message())}});
}

}  // namespace

absl::Status ForCaller(const absl::Status& status, bool& hidden) {
  hidden = false;
  const bool from_database = postgres::SqlStateOf(status).has_value();
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return WithRetryDelay(absl::UnavailableError("the database is away; try again in a moment"),
                            kRetryDelay);
    case absl::StatusCode::kAborted:
      return WithRetryDelay(absl::UnavailableError("the database was busy; try again in a moment"),
                            kRetryDelay);
    case absl::StatusCode::kResourceExhausted:
      return WithRetryDelay(absl::ResourceExhaustedError("too many queries at once; try again in a moment"),
                            kRetryDelay);
    case absl::StatusCode::kDeadlineExceeded:
      return absl::DeadlineExceededError(
          "the query took longer than its deadline and was stopped; shorten the interval, simplify regular "
          "expressions where it has some, or allow it more time (30 seconds at most)");
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
      hidden = true;
      break;
    default:
      hidden = from_database;
      break;
  }
  if (!hidden) return status;
  return absl::InternalError("the query failed inside the server; its log says why");
}

absl::StatusOr<postgres::ConnectionPool::Lease> MetricRunner::Acquire() {
  const CountedIn waiting(metrics_.waiting);
  absl::StatusOr<postgres::ConnectionPool::Lease> lease =
      pool_->Acquire(options_.longest_wait_for_connection);
  if (absl::IsResourceExhausted(lease.status())) {
    metrics_.shed.Add();
  } else if (!lease.ok()) {
    metrics_.Count(absl::IsUnavailable(lease.status()) ? DatabaseError::kAway : DatabaseError::kOther);
  }
  return lease;
}

absl::Status MetricRunner::RunOnce(grpc::ServerContext& context, const QueryContext& query,
                                   absl::Time deadline, const Body& body, bool& connection_died) {
  connection_died = false;
  ASSIGN_OR_RETURN(postgres::ConnectionPool::Lease lease, Acquire());
  const CountedIn in_use(metrics_.connections_in_use);
  postgres::CopyConnection& connection = *lease;
  const auto abandoned = [&] { return context.IsCancelled() || clock_->Now() > deadline; };
  const HistoryAccess histories{histories_, &connection, abandoned};
  QueryContext asked = query;
  if (histories_ != nullptr) asked.histories = &histories;
  StatementWatch::Watched watched(&watch_, abandoned, [&] {
    try {
      connection.cancel_query();
    } catch (const std::exception&) {
      // Too late, or no way to the database: statement_timeout ends it.
    }
  });
  bool broken = false;
  absl::Status status = postgres::RunTransaction(
                            connection, postgres::TransactionKind::kReadOnlySnapshot,
                            [&](pqxx::transaction_base& transaction) {
                              const absl::Duration left = deadline - clock_->Now();
                              if (left <= absl::ZeroDuration())
                                return absl::DeadlineExceededError("before the first statement");
                              LimitStatements(transaction, left);
                              return body(asked, transaction);
                            },
                            broken)
                            .status;
  // A cancellation may arrive late and would then hit the connection's next statement.
  const bool cancelled = watched.End();
  if (cancelled || broken) lease.Discard();
  if (cancelled) {
    metrics_.statements_cancelled.Add();
  } else if (const std::optional<DatabaseError> error = ErrorOf(status, broken)) {
    metrics_.Count(*error);
  }
  connection_died = broken && ConnectionDied(status);
  return status;
}

grpc::Status MetricRunner::RunBody(grpc::ServerContext& context, const std::string& request_name,
                                   const Body& body) {
  const CountedIn running(metrics_.running);
  QueryMetrics::Rpc& rpc = metrics_.OfRequest(request_name);
  const absl::Time now = clock_->Now();
  const absl::Status answer = Answer(context, request_name, now, body);
  rpc.codes.Add(static_cast<int>(answer.code()));
  rpc.duration.Observe(clock_->Now() - now);
  return ToGrpc(answer);
}

absl::Status MetricRunner::Answer(grpc::ServerContext& context, const std::string& request_name,
                                  absl::Time now, const Body& body) {
  const absl::Time deadline = std::min(absl::FromChrono(context.deadline()), now + options_.longest);
  absl::StatusOr<postgres::Project> project =
      directory_->Find(Authorization(context), postgres::Permission::kQuery);
  // The directory's own words say which header is missing.
  if (!project.ok()) return project.status();
  const QueryContext query{*std::move(project), now};
  bool connection_died = false;
  absl::Status status = RunOnce(context, query, deadline, body, connection_died);
  for (int i = 0; i < options_.most_dead_connections && connection_died; ++i) {
    status = RunOnce(context, query, deadline, body, connection_died);
  }
  if (status.ok()) return status;
  bool hidden = false;
  absl::Status answer = ForCaller(status, hidden);
  if (hidden) LogFailure(request_name, status);
  return answer;
}

}  // namespace donut::query
