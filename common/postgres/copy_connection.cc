#include "common/postgres/copy_connection.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace donut::postgres {
namespace {

// libpq copies each message into its buffer, which never shrinks.
constexpr size_t kMostMessageBytes = 64 << 10;
// Signature, 32 bits of flags, 32 bits for the length of an extension; the last zero is the literal's own.
constexpr char kHeader[] = "PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0";
static_assert(sizeof(kHeader) == 11 + 4 + 4);
// The number of columns of a row that ends all: -1.
constexpr char kTrailer[] = {'\xff', '\xff'};

std::string Field(const PGresult* result, int code) {
  const char* const field = PQresultErrorField(result, code);
  return field == nullptr ? "" : field;
}

// As PQresultErrorMessage has it, but for DETAIL, which quotes the row: what it quotes could look like a
// CONTEXT that names another row. COPY's own context is the last line, and quotes nothing in binary form.
std::string MessageOf(const PGresult* result) {
  std::string primary = Field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (primary.empty()) return PQresultErrorMessage(result);
  std::replace(primary.begin(), primary.end(), '\n', ' ');
  const std::string context = Field(result, PG_DIAG_CONTEXT);
  const std::string last_line = context.substr(context.rfind('\n') + 1);
  return absl::StrCat(Field(result, PG_DIAG_SEVERITY), ":  ", primary, "\nCONTEXT:  ", last_line);
}

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
  bool ended = false;
  is_open_ = false;
  while (!ended) {
    PGresult* const result = PQgetResult(connection_);
    if (result == nullptr) break;
    const ExecStatusType status = PQresultStatus(result);
    is_open_ = status == PGRES_COPY_IN;
    // In these states libpq gives the same result for ever.
    ended = is_open_ || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
    // Of several the first one: those after it tell of its consequences.
    if (!refused && !is_open_ && status != PGRES_COMMAND_OK) {
      refused = true;
      message = MessageOf(result);
      sqlstate = Field(result, PG_DIAG_SQLSTATE);
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
