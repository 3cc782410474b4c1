// The rows of a SELECT in PostgreSQL's binary form, which libpqxx 6 cannot ask for: a bytea comes as its own
// bytes, in place of twice as many digits that somebody writes and somebody reads. Histories are read so
// (docs/adr/0007). Not thread-safe.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/postgres/copy_connection.h"

namespace donut::postgres {

class BinaryRows {
 public:
  // Within an open transaction of `connection`. `parameters` are texts, as exec_params takes them. Throws
  // what pqxx throws for a statement.
  static BinaryRows Fetch(CopyConnection& connection, const char* statement,
                          const std::vector<std::string>& parameters);

  int size() const { return PQntuples(result_.get()); }
  bool IsNull(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
  // As they came; valid for as long as this is.
  std::string_view Bytes(int row, int column) const;
  // Of a column of type smallint, int or bigint.
  int64_t Integer(int row, int column) const;

 private:
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  explicit BinaryRows(PGresult* result) : result_(result) {}

  std::unique_ptr<PGresult, Clear> result_;
};

}  // namespace donut::postgres
