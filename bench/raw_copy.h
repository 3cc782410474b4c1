// What PostgreSQL can take at all: COPY of rows that were encoded beforehand, by one connection, as one
// statement and one transaction. The rows are those that the collector stored, byte for byte. Not
// thread-safe.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace donut::bench {

class RawCopy {
 public:
  // Connects to the database to fill.
  explicit RawCopy(const std::string& database_url);

  // Reads all rows of analytics_events there and keeps them in memory, in the binary format of COPY.
  void ReadRows(const std::string& database_url);
  int64_t row_count() const { return row_count_; }

  // From BEGIN to the answer to COMMIT.
  absl::Duration Run();

 private:
  using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
  static Connection Connect(const std::string& database_url);
  static void Execute(PGconn* connection, const char* statement, ExecStatusType expected);

  Connection connection_;
  // Pieces of some size, whatever rows they hold.
  std::vector<std::string> pieces_;
  int64_t row_count_ = 0;
};

}  // namespace donut::bench
