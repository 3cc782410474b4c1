// The summary's own number as PostgreSQL counts it: summary.sql. No state; thread-safe.
#pragma once

#include <cstdint>
#include <pqxx/pqxx>

#include "absl/status/statusor.h"
#include "query_service/query_scope.h"

namespace donut::query {

absl::StatusOr<int64_t> CountEventsBySql(const QueryScope& scope, pqxx::transaction_base& transaction);

}  // namespace donut::query
