#include "common/postgres/copy_connection.h"

#include <algorithm>

namespace donut::postgres {
namespace {

// libpq copies each message into its buffer, which never shrinks.
constexpr size_t kMostMessageBytes = 64 << 10;
// Signature, 32 bits of flags, 32 bits for the length of an extension; the last zero is the literal's own.
constexpr char kHeader[] = "PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0";
static_assert(sizeof(kHeader) == 11 + 4 + 4);
// The number of columns of a row that ends all: -1.
constexpr char kTrailer[] = {'\xff', '\xff'};

}  // namespace

void BinaryCopy::Start(const char* statement) {
  statement_ = statement;
  if (PQsendQuery(connection_, statement) != 1) Fail();
  TakeResults();
  if (!is_open_) Fail();
  Send(kHeader, sizeof(kHeader));
}

void BinaryCopy::Write(std::string_view rows) {
  while (!rows.empty()) {
    const size_t size = std::min(rows.size(), kMostMessageBytes);
    Send(rows.data(), size);
    rows.remove_prefix(size);
  }
}

void BinaryCopy::Finish() {
  Send(kTrailer, sizeof(kTrailer));
  if (PQputCopyEnd(connection_, nullptr) != 1) Fail();
  TakeResults();
}

void BinaryCopy::Send(const char* bytes, size_t size) {
  if (PQputCopyData(connection_, bytes, static_cast<int>(size)) != 1) Fail();
}

void BinaryCopy::TakeResults() {
  std::string message;
  std::string sqlstate;
  bool refused = false;
  is_open_ = false;
  while (!is_open_) {
    PGresult* const result = PQgetResult(connection_);
    if (result == nullptr) break;
    const ExecStatusType status = PQresultStatus(result);
    is_open_ = status == PGRES_COPY_IN;
    // Of several the first one: those after it tell of its consequences.
    if (!refused && !is_open_ && status != PGRES_COMMAND_OK) {
      refused = true;
      message = PQresultErrorMessage(result);
      const char* const said = PQresultErrorField(result, PG_DIAG_SQLSTATE);
      if (said != nullptr) sqlstate = said;
    }
    PQclear(result);
  }
  if (!refused) return;
  if (sqlstate.empty()) throw pqxx::broken_connection(message);
  throw pqxx::sql_error(message, statement_, sqlstate.c_str());
}

void BinaryCopy::Fail() {
  const std::string message = PQerrorMessage(connection_);
  // What the server said before it hung up says more than that it did.
  TakeResults();
  throw pqxx::broken_connection(message);
}

}  // namespace donut::postgres
