// Active users out of histories: the fold, over the events that the question is about. No state; thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "query_service/engine.h"
#include "query_service/metrics/active_users/active_users_question.h"

namespace donut::query {

absl::StatusOr<ActiveUsersCounts> ActiveUsersByHistory(const ActiveUsersQuestion& question, HistoryRun& run);

absl::StatusOr<ActiveUsersByValue> ActiveUsersByValueByHistory(const ActiveUsersQuestion& question,
                                                               const EventBreakdown& breakdown,
                                                               HistoryRun& run);

}  // namespace donut::query
