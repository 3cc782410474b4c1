#include "common/postgres/postgres_status.h"

#include <new>
#include <pqxx/pqxx>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace donut::postgres {
namespace {

// Without the prefix of grpc_status: these do not leave the process.
constexpr char kSqlStatePayload[] = "donut/sqlstate";
constexpr char kCopyLinePayload[] = "donut/copy_line";

absl::StatusCode CodeOf(const std::string& sqlstate) {
  if (sqlstate == "57014") return absl::StatusCode::kDeadlineExceeded;
  if (sqlstate == "55P03" || sqlstate == "40001" || sqlstate == "40P01") return absl::StatusCode::kAborted;
  // A server that became read-only, or that ended an idle transaction: a new connection may do.
  if (sqlstate == "25006" || sqlstate == "25P03") return absl::StatusCode::kUnavailable;
  const std::string sql_class = sqlstate.substr(0, 2);
  if (sql_class == "08" || sql_class == "53" || absl::StartsWith(sqlstate, "57P0")) {
    return absl::StatusCode::kUnavailable;
  }
  if (sql_class == "22" || sql_class == "23") return absl::StatusCode::kInvalidArgument;
  if (sql_class == "42" || sql_class == "28" || sql_class == "3D" || sql_class == "3F") {
    return absl::StatusCode::kFailedPrecondition;
  }
  return absl::StatusCode::kInternal;
}

// The first line, without "ERROR:  ". What follows it quotes rows (DETAIL, CONTEXT).
std::string PrimaryMessage(const std::string& message) {
  std::string primary = message.substr(0, message.find('\n'));
  const size_t severity = primary.find(":  ");
  if (severity != std::string::npos) primary.erase(0, severity + 3);
  return primary;
}

// Messages about data quote the data: invalid input syntax for type integer: "4711x".
std::string WithoutQuotedValues(const std::string& message) {
  std::string result;
  bool quoted = false;
  for (const char c : message) {
    if (c == '"') {
      quoted = !quoted;
      result += quoted ? "\"..." : "\"";
    } else if (!quoted) {
      result += c;
    }
  }
  return result;
}

// From CONTEXT: "COPY analytics_events, line 3, column properties: ..." gives 3.
std::optional<int64_t> CopyLineIn(const std::string& message) {
  // The last one: what stands before it may quote data.
  const size_t copy = message.rfind("CONTEXT:  COPY ");
  if (copy == std::string::npos) return std::nullopt;
  const size_t line = message.find(", line ", copy);
  if (line == std::string::npos) return std::nullopt;
  const size_t first = line + 7;
  int64_t number = 0;
  const std::string digits = message.substr(first, message.find_first_not_of("0123456789", first) - first);
  if (!absl::SimpleAtoi(digits, &number)) return std::nullopt;
  return number;
}

}  // namespace

absl::Status StatusFromSqlState(const std::string& sqlstate, const std::string& message) {
  std::string primary = PrimaryMessage(message);
  if (absl::StartsWith(sqlstate, "22")) primary = WithoutQuotedValues(primary);
  absl::Status status(CodeOf(sqlstate), absl::StrCat("database: ", primary, " (SQLSTATE ", sqlstate, ")"));
  status.SetPayload(kSqlStatePayload, absl::Cord(sqlstate));
  if (const auto line = CopyLineIn(message))
    status.SetPayload(kCopyLinePayload, absl::Cord(absl::StrCat(*line)));
  return status;
}

absl::Status StatusFromException(const std::exception& exception) {
  if (const auto* error = dynamic_cast<const pqxx::sql_error*>(&exception)) {
    if (!error->sqlstate().empty()) return StatusFromSqlState(error->sqlstate(), error->what());
  }
  // These carry no SQLSTATE in pqxx 6.
  if (dynamic_cast<const pqxx::insufficient_privilege*>(&exception) != nullptr) {
    return StatusFromSqlState("42501", exception.what());
  }
  if (dynamic_cast<const pqxx::deadlock_detected*>(&exception) != nullptr) {
    return StatusFromSqlState("40P01", exception.what());
  }
  if (dynamic_cast<const pqxx::transaction_rollback*>(&exception) != nullptr) {
    return StatusFromSqlState("40001", exception.what());
  }
  if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr) {
    return absl::ResourceExhaustedError("out of memory");
  }
  // broken_connection, in_doubt_error, and the plain failure that a COPY ends with when its backend dies.
  if (dynamic_cast<const pqxx::failure*>(&exception) != nullptr) {
    return absl::UnavailableError(
        absl::StrCat("the connection to the database was lost: ", PrimaryMessage(exception.what())));
  }
  return absl::InternalError(absl::StrCat("database: ", PrimaryMessage(exception.what())));
}

std::optional<std::string> SqlStateOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kSqlStatePayload);
  if (!payload.has_value()) return std::nullopt;
  return std::string(*payload);
}

std::optional<int64_t> CopyLineOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kCopyLinePayload);
  int64_t line = 0;
  if (!payload.has_value() || !absl::SimpleAtoi(std::string(*payload), &line)) return std::nullopt;
  return line;
}

}  // namespace donut::postgres
