// Active users as PostgreSQL counts them: active_users.sql behind one of its heads. No state; thread-safe.
#pragma once

#include <pqxx/pqxx>

#include "absl/status/statusor.h"
#include "query_service/metrics/active_users/active_users_question.h"

namespace donut::query {

absl::StatusOr<ActiveUsersCounts> ActiveUsersBySql(const ActiveUsersQuestion& question,
                                                   pqxx::transaction_base& transaction);

absl::StatusOr<ActiveUsersByValue> ActiveUsersByValueBySql(const ActiveUsersQuestion& question,
                                                           const EventBreakdown& breakdown,
                                                           pqxx::transaction_base& transaction);

}  // namespace donut::query
