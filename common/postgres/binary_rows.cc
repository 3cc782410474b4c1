#include "common/postgres/binary_rows.h"

#include <pqxx/pqxx>

namespace donut::postgres {

BinaryRows BinaryRows::Fetch(CopyConnection& connection, const char* statement,
                             const std::vector<std::string>& parameters) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  constexpr int kBinary = 1;
  PGconn* const handle = connection.policy_.current();
  BinaryRows rows(PQexecParams(handle, statement, static_cast<int>(values.size()), nullptr, values.data(),
                               nullptr, nullptr, kBinary));
  if (PQresultStatus(rows.result_.get()) == PGRES_TUPLES_OK) return rows;
  const char* const sqlstate = PQresultErrorField(rows.result_.get(), PG_DIAG_SQLSTATE);
  const std::string message = PQerrorMessage(handle);
  if (sqlstate == nullptr || PQstatus(handle) != CONNECTION_OK) throw pqxx::broken_connection(message);
  throw pqxx::sql_error(message, statement, sqlstate);
}

std::string_view BinaryRows::Bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}

int64_t BinaryRows::Integer(int row, int column) const {
  const std::string_view bytes = Bytes(row, column);
  // Big-endian, with the sign in the first byte.
  uint64_t number = !bytes.empty() && (static_cast<uint8_t>(bytes[0]) & 0x80) != 0 ? ~uint64_t{0} : 0;
  for (const char byte : bytes) number = number << 8 | static_cast<uint8_t>(byte);
  return static_cast<int64_t>(number);
}

}  // namespace donut::postgres
