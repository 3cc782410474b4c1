// The owner's connection to the database, for the subcommands that manage it. The only ones
// that touch libpq. Not thread-safe.
#pragma once

#include <memory>
#include <pqxx/pqxx>
#include <string>

#include "absl/status/statusor.h"

namespace donut::cli {

// FAILED_PRECONDITION without a URL; else as postgres::Connect. The message is ready to print.
absl::StatusOr<std::unique_ptr<pqxx::connection>> ConnectAsOwner(const std::string& database_url);

}  // namespace donut::cli
