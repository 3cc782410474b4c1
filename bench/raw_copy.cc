#include "bench/raw_copy.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/figures.h"

namespace donut::bench {
namespace {

constexpr size_t kPieceBytes = 64 << 10;
constexpr char kCopyOut[] =
    "COPY (SELECT event_time, received_time, user_id, session_id, sequence, project_id, event_name_id, "
    "producer_no, properties FROM analytics_events ORDER BY sequence) TO STDOUT (FORMAT binary)";
constexpr char kCopyIn[] =
    "COPY analytics_events (event_time, received_time, user_id, session_id, sequence, project_id, "
    "event_name_id, "
    "producer_no, properties) FROM STDIN (FORMAT binary)";

// Reads what is left of the current command.
void ReadToEnd(PGconn* connection) {
  while (PGresult* result = PQgetResult(connection)) {
    const bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    if (!ok) Fail(absl::StrCat("raw COPY failed: ", PQerrorMessage(connection)));
  }
}

}  // namespace

RawCopy::RawCopy(const std::string& database_url) : connection_(Connect(database_url)) {}

RawCopy::Connection RawCopy::Connect(const std::string& database_url) {
  Connection connection(PQconnectdb(database_url.c_str()), PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    Fail(absl::StrCat("raw COPY has no connection: ", PQerrorMessage(connection.get())));
  }
  return connection;
}

void RawCopy::Execute(PGconn* connection, const char* statement, ExecStatusType expected) {
  PGresult* result = PQexec(connection, statement);
  const bool ok = PQresultStatus(result) == expected;
  PQclear(result);
  if (!ok) Fail(absl::StrCat(statement, ": ", PQerrorMessage(connection)));
}

void RawCopy::ReadRows(const std::string& database_url) {
  const Connection source = Connect(database_url);
  Execute(source.get(), kCopyOut, PGRES_COPY_OUT);
  pieces_.clear();
  // The header comes with the first row, the trailer alone.
  row_count_ = -1;
  char* bytes = nullptr;
  for (int size = 0; (size = PQgetCopyData(source.get(), &bytes, /*async=*/0)) > 0; ++row_count_) {
    if (pieces_.empty() || pieces_.back().size() + size > kPieceBytes) {
      pieces_.emplace_back().reserve(kPieceBytes);
    }
    pieces_.back().append(bytes, size);
    PQfreemem(bytes);
  }
  ReadToEnd(source.get());
}

absl::Duration RawCopy::Run() {
  PGconn* connection = connection_.get();
  const absl::Time start = absl::Now();
  Execute(connection, "BEGIN", PGRES_COMMAND_OK);
  Execute(connection, kCopyIn, PGRES_COPY_IN);
  for (const std::string& piece : pieces_) {
    if (PQputCopyData(connection, piece.data(), static_cast<int>(piece.size())) != 1) break;
  }
  if (PQputCopyEnd(connection, nullptr) != 1) {
    Fail(absl::StrCat("raw COPY failed: ", PQerrorMessage(connection)));
  }
  ReadToEnd(connection);
  Execute(connection, "COMMIT", PGRES_COMMAND_OK);
  return absl::Now() - start;
}

}  // namespace donut::bench
