#include "cli/database.h"

#include "absl/strings/str_cat.h"
#include "common/postgres/connection_pool.h"

namespace donut::cli {

absl::StatusOr<std::unique_ptr<pqxx::connection>> ConnectAsOwner(const std::string& database_url) {
  if (database_url.empty()) {
    return absl::FailedPreconditionError(
        "which database? Set DONUT_DATABASE_URL or give --database-url, such as postgresql:///donut (./run "
        "status shows the one it made)");
  }
  postgres::ConnectionOptions options;
  options.url = database_url;
  options.application_name = "donut";
  // A migration may take its time.
  options.statement_timeout = absl::ZeroDuration();
  auto connection = postgres::Connect(options);
  if (!connection.ok()) {
    return absl::Status(connection.status().code(),
                        absl::StrCat("cannot use the database: ", connection.status().message()));
  }
  return connection;
}

}  // namespace donut::cli
